"""The concrete syntax tree of one version of a file, by ast-grep, and the bridge to it from the nodes of `ast`.

It gives what `ast` leaves out: comments, clauses, separators, the kinds of string literals, and the places of names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_naq.syntax.text import Located, Span, Text

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_BLOCKS = ("block", "module")
_LABELS = {"attribute": "attribute", "keyword_argument": "name"}


class Concrete:
    """The concrete syntax tree of a text."""

    def __init__(self, text: Text) -> None:
        from ast_grep_py import SgRoot  # a large extension: loaded when there is something to fix

        self.text = text
        self.root = SgRoot(text.source, "python").root()

    # From `ast` to the concrete tree; the columns of `ast` count UTF-8 bytes, ast-grep counts characters

    def node(self, node: Located) -> SgNode:
        """Return the smallest concrete node that holds the range of an `ast` node."""
        return self._smallest(self.text.span(node))

    def statement(self, statement: ast.stmt) -> SgNode:
        """Return the statement, with the comments below its last block that are indented like it."""
        start = self.text.span(statement).start
        node = self._smallest(Span(start, start + 1))
        while (parent := node.parent()) is not None and parent.kind() not in _BLOCKS:
            node = parent
        return node

    def clause(self, block: list[ast.stmt]) -> SgNode | None:
        """Return the `finally` or `else` clause whose body is `block`, with its comments."""
        first = self.statement(block[0])
        if span_of(first).start != self.text.span(block[0]).start:  # an `elif`
            return None
        body = first.parent()
        clause = body.parent() if body is not None else None
        return clause if clause is not None and clause.kind() in ("finally_clause", "else_clause") else None

    def _smallest(self, span: Span) -> SgNode:
        found = self.root
        while inner := next((one for one in found.children() if _holds(span_of(one), span)), None):
            found = inner
        return found

    def find_all(self, pattern: str, within: SgNode | None = None) -> Iterator[SgNode]:
        """Yield the nodes that match a structural pattern."""
        yield from (within or self.root).find_all(pattern=pattern)

    # Comments, strings and names

    @cached_property
    def comments(self) -> dict[int, str]:
        """The comment of each line that has one."""
        return {node.range().start.line + 1: node.text().rstrip() for node in self.root.find_all(kind="comment")}

    def is_comment_at(self, number: int, indent: str) -> bool:
        """Whether a line is a comment with that indentation."""
        return number in self.comments and self.text.line(number).rstrip() == indent + self.comments[number]

    def with_comments(self, first: int) -> int:
        """Return the line at which the comments begin that are directly above a line, or that line."""
        indent = self.text.indent(first)
        while self.is_comment_at(first - 1, indent):
            first -= 1
        return first

    @cached_property
    def frozen_lines(self) -> frozenset[int]:
        """Lines that begin inside a string: their white space belongs to its value."""
        return frozenset(
            line
            for node in self.root.find_all(kind="string")
            for line in range(node.range().start.line + 2, node.range().end.line + 2)
        )

    @cached_property
    def identifiers(self) -> dict[str, list[Span]]:
        """The places of every plain name that is read, bound or passed, attributes and keywords left out."""
        found: dict[str, list[Span]] = {}
        for node in self.root.find_all(kind="identifier"):
            if not _is_label(node):
                found.setdefault(node.text(), []).append(span_of(node))
        return found


def span_of(node: SgNode) -> Span:
    """Return the range of a concrete node."""
    place = node.range()
    return Span(place.start.index, place.end.index)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _is_label(node: SgNode) -> bool:
    """Whether the identifier is the name of an attribute or of a keyword argument."""
    parent = node.parent()
    field = _LABELS.get(parent.kind()) if parent is not None else None
    return parent is not None and field is not None and parent.field(field) == node
