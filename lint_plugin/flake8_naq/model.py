"""Values that travel between the stages of the linter. No knowledge of Python syntax, NATS or flake8.

Named tuples here and below, as in `catalogue.model`: every run of flake8 makes the classes anew.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class FixSafety(StrEnum):
    """Whether a fix keeps every observable effect (safe) or may change more than the close (unsafe)."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Severity(StrEnum):
    """What a rule's findings are in the formats that know levels: is something lost today, or only badly written?"""

    ERROR = "error"
    WARNING = "warning"


class State(StrEnum):
    """What becomes of a connection."""

    MANAGED = "managed"
    BY_HAND = "closed by hand"
    LEAKS = "leaks on some paths"
    NEVER_CLOSED = "never closed"
    HANDED_OFF = "handed off"


class Finding(NamedTuple):
    """One report of one rule. Lines and columns count from 1, columns in characters, the end is exclusive.

    *function* is the qualified name of the function or class that it stands in, `<module>` outside of any.
    """

    line: int
    column: int
    code: str
    message: str
    end_line: int
    end_column: int
    name: str
    manager: str | None = None
    fix: FixSafety | None = None
    function: str = "<module>"
