"""Values that travel between the stages of the linter. No knowledge of Python syntax, NATS or flake8.

Named tuples here and below, as in `catalogue.model`: every run of flake8 creates the classes.
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


class Acquisition(NamedTuple):
    """The acquisition that a finding is about: which kind of resource, under which name, and where.

    `line` and `column` are 0 where a parameter brings the resource. `maker` is the function of the project that the
    call gets the resource from, and `maker_line` the line on which that function acquires it. `maker_path` is its file,
    empty where it is the file of the finding.
    """

    resource: str
    name: str = ""
    line: int = 0
    column: int = 0
    maker: str = ""
    maker_line: int = 0
    maker_path: str = ""


class Suggestion(NamedTuple):
    """The context manager to write instead.

    `text` can be pasted. `called` is the function or class that it calls. `suits` says which of a package's managers it
    is: "connection", "jetstream" or "bucket". The other fields say what the text needs: a module that the function does
    not import, an async function around it, a test that the resource is not None.
    """

    text: str
    called: str = ""
    suits: str = ""
    missing_import: str = ""
    needs_async_function: bool = False
    may_be_none: bool = False


class Witness(NamedTuple):
    """The way out on which a resource stays open: the line, and what happens there (`raises`, `is rebound`)."""

    line: int
    how: str


class PlannedFix(NamedTuple):
    """The fix that was planned for a finding; `caveat` says what an unsafe one may change besides the close."""

    safety: FixSafety
    caveat: str = ""


class Finding(NamedTuple):
    """One report of one rule, with the verdict that it follows from. Plain data: it travels between processes.

    Lines and columns count from 1, columns in characters, the end is exclusive. `function` is the qualified name of the
    function or class around it, `<module>` outside of any. `fix` is None where none was planned, or none was asked for.
    """

    line: int
    column: int
    code: str
    message: str
    end_line: int
    end_column: int
    name: str
    function: str = "<module>"
    acquisition: Acquisition | None = None
    witness: Witness | None = None
    manager: Suggestion | None = None
    fix: PlannedFix | None = None


def named_line(line: int) -> str:
    """Return a line of a file as messages name it."""
    return f"line {line}"
