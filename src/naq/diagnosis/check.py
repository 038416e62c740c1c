"""The result of one check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import msgspec

Level: TypeAlias = Literal["ok", "warning", "error"]

# Parts of a store or a limit that are in use.
FULL: Final = 0.95
NEARLY_FULL: Final = 0.8


class Check(msgspec.Struct, frozen=True):
    """What was checked, what was found, and what to do about it; `remedy` is empty for `ok`."""

    check: str
    level: Level
    text: str
    remedy: str = ""


def fullness(used: float, limit: float) -> Level:
    """Return the level for a limit of which a part is in use."""
    if used >= FULL * limit:
        return "error"
    return "warning" if used >= NEARLY_FULL * limit else "ok"


def size(count: float) -> str:
    """Return a number of bytes as people read it, such as `1.5 GB`."""
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= length:
            return f"{count / length:.3g} {unit}"
    return f"{count:.0f} bytes"


def listed(names: Iterable[str], most: int = 5) -> str:
    """Return names in a sentence, the first of many and the number of the others."""
    every = list(names)
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, as in `1 job` and `2 jobs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
