"""The codes of the rules, and which of them are off by default, without importing any rule."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from flake8_naq.syntax.spelling import nearest

_LIKENESS = 0.5
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
    return (Path(__file__).parents[1] / "rules").glob("naq[0-9][0-9][0-9].py")


def unknown(code: str, names: Iterable[str] = ()) -> str:
    """What to say of a code that no rule has: with the nearest, also of `names`, or with what there is."""
    known = all_codes()
    by_spelling = {name.lower(): name for name in (*names, *known)}
    likely = by_spelling.get(nearest(code.strip().lower(), by_spelling, _LIKENESS) or "")
    hint = f"did you mean '{likely}'?" if likely else f"there are {known[0]} to {known[-1]}"
    return f"unknown code '{code}'; {hint}"
