"""Positions between us (lines and columns from 1, in characters) and a client (from 0, in the units agreed upon).

A line ends as Python and the protocol have it: at CR LF, LF or CR, and nowhere else.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from lsprotocol import types

from flake8_naq.model import Finding

_BYTES: dict[str, Callable[[str], int]] = {
    "utf-8": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "utf-32": len,
}


def split_lines(text: str) -> list[str]:
    """The lines of `text`, with their ends, which become LF."""
    return list(io.StringIO(text, newline=None))


class Positions:
    """The positions of one text in one encoding: `utf-8`, `utf-16` (the protocol's default) or `utf-32`."""

    def __init__(self, lines: Sequence[str], encoding: str) -> None:
        self._lines = lines
        self._units = _BYTES.get(encoding, _BYTES["utf-16"])

    def at(self, line: int, column: int) -> types.Position:
        """Return the client's position for our line and column, which count from 1."""
        if not 0 < line <= len(self._lines):
            return types.Position(max(line - 1, 0), 0)
        text = self._lines[line - 1].rstrip("\n")[: max(column - 1, 0)]
        return types.Position(line - 1, len(text) if text.isascii() else self._units(text))

    def of(self, finding: Finding) -> types.Range:
        """Return the range of a finding."""
        return types.Range(self.at(finding.line, finding.column), self.at(finding.end_line, finding.end_column))


def before(one: types.Position, other: types.Position) -> bool:
    return (one.line, one.character) < (other.line, other.character)


def touch(one: types.Range, other: types.Range) -> bool:
    """Return whether two ranges overlap or touch."""
    return not before(one.end, other.start) and not before(other.end, one.start)
