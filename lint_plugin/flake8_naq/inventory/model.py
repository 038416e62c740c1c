"""The values of an inventory and their totals. No files, no syntax, no printing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from flake8_naq.model import State

K = TypeVar("K", bound=Hashable)


class Pattern(StrEnum):
    """What a connection is used for."""

    SIMPLE = "A"
    JETSTREAM = "B"
    KEY_VALUE = "C"
    SEVERAL = "D"
    OTHER = "-"

    @property
    def words(self) -> str:
        return _TITLES[self]


_TITLES = {
    Pattern.SIMPLE: "simple",
    Pattern.JETSTREAM: "JetStream",
    Pattern.KEY_VALUE: "key-value",
    Pattern.SEVERAL: "several operations",
    Pattern.OTHER: "declared by the user",
}


@dataclass(frozen=True, slots=True)
class Connection:
    """One acquisition. `rule` is the finding on it, if any; `manager` what to write instead or, where it is
    managed, the name of the manager that it has.

    In a notebook, `line` is that in the `cell`, which is 0 in other files. `fix` is `safe`, `unsafe` or empty;
    `silenced` says that a `# noqa` or flake8's settings keep the rule from being reported.
    """

    path: str
    line: int
    column: int
    function: str
    resource: str
    pattern: Pattern
    state: State
    rule: str = ""
    manager: str = ""
    fix: str = ""
    priority: str = "medium"
    silenced: bool = False
    cell: int = 0

    @property
    def place(self) -> str:
        """The line, `cell 3:2` in a notebook."""
        return f"cell {self.cell}:{self.line}" if self.cell else str(self.line)

    @property
    def order(self) -> tuple[str, int, int]:
        """The path and the place, to sort by."""
        return self.path, self.cell, self.line

    @property
    def counts(self) -> bool:
        """Whether the connection counts for the migration: one that is handed on or silenced does not."""
        return self.state is State.MANAGED or self.to_do

    @property
    def to_do(self) -> bool:
        return self.state not in (State.MANAGED, State.HANDED_OFF) and not self.silenced


@dataclass(frozen=True, slots=True)
class Progress:
    """The number of migrated connections and of all."""

    migrated: int
    total: int

    @property
    def percent(self) -> int:
        """The percentage, rounded down, so that 100 means all; 100 without connections."""
        return self.migrated * 100 // self.total if self.total else 100

    def __str__(self) -> str:
        return f"{self.migrated} of {self.total} migrated"


@dataclass(frozen=True, slots=True)
class Inventory:
    """All connections, the most urgent first, and the files that could not be checked, with path and reason."""

    connections: tuple[Connection, ...]
    files: int
    unread: tuple[tuple[str, str], ...] = ()

    @property
    def progress(self) -> Progress:
        return progress(self.connections)

    def grouped(self, by: Callable[[Connection], K]) -> dict[K, list[Connection]]:
        """Return the connections grouped by the value of `by`, in the order of its first occurrence."""
        groups: dict[K, list[Connection]] = {}
        for connection in self.connections:
            groups.setdefault(by(connection), []).append(connection)
        return groups


def progress(connections: Iterable[Connection]) -> Progress:
    """Return the progress of these connections."""
    counted = [connection for connection in connections if connection.counts]
    return Progress(sum(connection.state is State.MANAGED for connection in counted), len(counted))
