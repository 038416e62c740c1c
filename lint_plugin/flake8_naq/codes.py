"""The codes of the rules, and which of them are off by default, without importing any rule."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

_ALIKE = 0.5
_OFF = b"default=False"


@cache
def all_codes() -> tuple[str, ...]:
    """Every code, sorted; a rule is found by its file's name."""
    return tuple(sorted(path.stem.upper() for path in _files()))


@cache
def off_by_default() -> frozenset[str]:
    """The codes of the rules that report only where they are selected: those whose file says `default=False`.

    The files are read as text: importing a rule loads the analysis, and flake8 and most runs start without it.
    """
    return frozenset(path.stem.upper() for path in _files() if _OFF in path.read_bytes())


def _files() -> Iterable[Path]:
    return (Path(__file__).parent / "rules").glob("naq[0-9][0-9][0-9].py")


def unknown(code: str, names: Iterable[str] = ()) -> str:
    """What to say of a code that no rule has: with the nearest, also of *names*, or with what there is."""
    known = all_codes()
    likely = _nearest(code.strip().lower(), [*known, *names])
    hint = f"did you mean '{likely}'?" if likely else f"there are {known[0]} to {known[-1]}"
    return f"unknown code '{code}'; {hint}"


def _nearest(wanted: str, known: Iterable[str]) -> str:
    """The likest and, among equals, the one that is the same for the longest from the start."""
    from difflib import SequenceMatcher

    def likeness(name: str) -> tuple[float, int]:
        same = SequenceMatcher(None, wanted, name.lower())
        first = same.get_matching_blocks()[0]
        return same.ratio(), first.size if first.a == first.b == 0 else 0

    best = max(known, key=likeness)
    return best if likeness(best)[0] >= _ALIKE else ""
