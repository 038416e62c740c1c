"""The codes of the rules, for whoever needs no more of them: flake8 starts without loading the rules."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

OFF_BY_DEFAULT = frozenset({"NAQ203", "NAQ302"})
_ALIKE = 0.5


@cache
def all_codes() -> tuple[str, ...]:
    """Every code, sorted; a rule is found by its file's name."""
    return tuple(sorted(path.stem.upper() for path in (Path(__file__).parent / "rules").glob("naq[0-9][0-9][0-9].py")))


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
