"""Statements that share a line: each gets another line where a fix changes one of them."""

from __future__ import annotations

import ast

from flake8_naq.edits.apply import applied
from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.syntax.text import Text
from flake8_naq.syntax.tree import first_line, last_line


class SharedLine(CannotFix):
    """A statement does not have its lines for itself."""

    def __init__(self, line: int) -> None:
        super().__init__(f"several statements share line {line}")
        self.line = line


def check_alone(text: Text, statement: ast.stmt) -> None:
    """The statement has its lines for itself; raises SharedLine."""
    first, last, span = first_line(statement), last_line(statement), text.span(statement)
    before = text.source[text.start_of(statement.lineno) : span.start].strip()
    after = text.source[span.end : text.start_of(last + 1)].partition("#")[0].strip()
    if (first == statement.lineno and before) or after:
        raise SharedLine(first if before else last)


def split(snapshot: Snapshot, number: int) -> Snapshot | None:
    """Return the file with that line broken before each of its statements; None where a comment silences the line."""
    edits = [] if snapshot.text.silenced(number) else [
        edit
        for node in ast.walk(snapshot.module)
        if isinstance(node, ast.stmt) and node.lineno == number and (edit := _break_before(snapshot, node))
    ]  # fmt: skip
    return snapshot.version(applied(snapshot.concrete, edits)) if edits else None


def _break_before(snapshot: Snapshot, statement: ast.stmt) -> Edit | None:
    """Return the edit that begins a line with the statement; None where it does that."""
    text, start = snapshot.text, snapshot.text.span(statement).start
    before = text.source[text.start_of(statement.lineno) : start]
    if not before.strip():
        return None
    first = snapshot.tree.place(statement).block[0]
    indent = text.indent(first.lineno)
    if text.source[text.start_of(first.lineno) : text.span(first).start].strip():  # behind its `try:` or `if`
        indent += snapshot.unit_of(snapshot.tree.function(statement))
    return Edit(start - len(before) + len(before.rstrip(" \t;")), start, f"\n{indent}")
