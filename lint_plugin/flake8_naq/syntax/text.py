"""The text of one version of a file: lines, offsets in characters, indentation. Knows nothing of syntax."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from flake8_naq.syntax.noqa import has_noqa

Located = ast.stmt | ast.expr | ast.excepthandler | ast.arg | ast.alias | ast.keyword

_BLANK = re.compile(r"[ \t\f]*")


class Span(NamedTuple):
    """Characters from `start` up to `end`."""

    start: int
    end: int


class Text:
    """One version of a file; its lines end with `\\n`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]

    # Places

    def line(self, number: int) -> str:
        """The text of a line, counted from 1."""
        return self.lines[number - 1]

    def start_of(self, number: int) -> int:
        """The offset at which a line begins."""
        return self._starts[number - 1] if number <= len(self.lines) else len(self.source)

    def line_at(self, offset: int) -> int:
        """The line of an offset, counted from 1."""
        return min(bisect_right(self._starts, offset), len(self.lines))

    def offset(self, number: int, column: int) -> int:
        """The offset of a place as `ast` gives it: its columns count UTF-8 bytes."""
        line = self.line(number)
        if not line.isascii():
            column = len(line.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore"))
        return self._starts[number - 1] + column

    def span(self, node: Located) -> Span:
        """Return the range of a node."""
        end_line, end_column = node.end_lineno, node.end_col_offset
        assert end_line is not None, "parsed nodes have an end"
        assert end_column is not None, "parsed nodes have an end"
        return Span(self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column))

    def of(self, node: Located) -> str:
        """A node as it is written."""
        return self.source[slice(*self.span(node))]

    def whole_lines(self, first: int, last: int) -> Span:
        """Lines with their ends."""
        return Span(self.start_of(first), self.start_of(last + 1))

    # Indentation

    def indent(self, number: int) -> str:
        """The white space at the beginning of a line."""
        found = _BLANK.match(self.line(number))
        assert found is not None, "it matches the empty string"
        return found[0]

    def is_blank(self, number: int) -> bool:
        return not self.line(number).strip()

    def silenced(self, number: int) -> bool:
        """Whether the line carries `# noqa`."""
        return has_noqa(self.line(number))
