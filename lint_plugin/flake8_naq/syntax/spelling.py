"""Which known name a misspelled name most likely stands for."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the name of `known` that is most like `word`, or None where none is at least as like as `likeness`.

    Of equally similar names the one that shares the longest beginning with `word` is returned, and of these the first
    in alphabetical order: the answer does not depend on the order of a set.
    """
    from difflib import SequenceMatcher  # only an error needs it

    best: tuple[float, int] = (0.0, 0)
    found = None
    matcher = SequenceMatcher(b=word)
    for name in sorted(known):
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= likeness and matcher.quick_ratio() >= likeness:
            candidate = (matcher.ratio(), _shared_beginning(word, name))
            if candidate[0] >= likeness and candidate > best:
                best, found = candidate, name
    return found


def hint(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return the question whether the nearest name was meant, or what to say `otherwise`."""
    close = nearest(word, known)
    return otherwise if close is None else f"did you mean '{close}'?"


def _shared_beginning(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
