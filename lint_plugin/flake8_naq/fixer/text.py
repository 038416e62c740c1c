"""A source text as the fixer reads it: lines, offsets in characters, indentation, comments and strings.

Comments and strings come from ast-grep's concrete syntax tree, which is built when it is first asked for.
Knows nothing of what the code means.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from flake8_naq.fixer.model import CannotFix
from flake8_naq.syntax.noqa import has_noqa

if TYPE_CHECKING:
    from ast_grep_py import SgNode

Located = ast.stmt | ast.expr | ast.excepthandler | ast.arg | ast.alias | ast.keyword

_BLANK = re.compile(r"[ \t\f]*")


class Span(NamedTuple):
    """Characters from *start* up to *end*."""

    start: int
    end: int


class Text:
    """One version of a file; its lines end with `\\n`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]

    @cached_property
    def root(self) -> SgNode:
        """The root of the concrete syntax tree."""
        from ast_grep_py import SgRoot

        return SgRoot(self.source, "python").root()

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
        """Where a node stands."""
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

    # Concrete syntax

    @cached_property
    def comments(self) -> dict[int, Span]:
        """The comment of each line that has one."""
        found: dict[int, Span] = {}
        for node in self.root.find_all(kind="comment"):
            place = node.range()
            found[place.start.line + 1] = Span(place.start.index, place.end.index)
        return found

    @cached_property
    def frozen_lines(self) -> frozenset[int]:
        """Lines that begin inside a string or after a backslash in one: their white space is a value."""
        found: set[int] = set()
        for node in self.root.find_all(kind="string"):
            place = node.range()
            found.update(range(place.start.line + 2, place.end.line + 2))
        return frozenset(found)

    @cached_property
    def identifiers(self) -> dict[str, list[Span]]:
        """The places of every plain name that is read, bound or passed, attributes and keywords left out."""
        found: dict[str, list[Span]] = {}
        for node in self.root.find_all(kind="identifier"):
            if not _is_label(node):
                place = node.range()
                found.setdefault(node.text(), []).append(Span(place.start.index, place.end.index))
        return found

    def comment(self, number: int) -> str:
        """The comment on a line, or nothing."""
        span = self.comments.get(number)
        return self.source[slice(*span)] if span else ""

    def silenced(self, number: int) -> bool:
        """Whether the line carries `# noqa`."""
        return has_noqa(self.line(number))


def check_not_silenced(text: Text, node: Located) -> None:
    """CannotFix where a line of the node carries `# noqa`."""
    for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
        if text.silenced(number):
            raise CannotFix(f"line {number} is under noqa")


def _is_label(node: SgNode) -> bool:
    """Whether the identifier is the name of an attribute or of a keyword argument."""
    parent = node.parent()
    if parent is None or parent.kind() not in ("attribute", "keyword_argument"):
        return False
    field = parent.field("attribute" if parent.kind() == "attribute" else "name")
    return field is not None and field.range().start.index == node.range().start.index
