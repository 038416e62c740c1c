"""A statement of a try, with the comments above it, goes above that try."""

from __future__ import annotations

import ast

from flake8_naq.edits.apply import applied
from flake8_naq.edits.model import Edit
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.syntax.indent import Indents
from flake8_naq.syntax.tree import last_line


def hoisted(snapshot: Snapshot, statement: ast.stmt) -> Snapshot | None:
    """Return the file with the first statement of a try above it, with its comments; None where lines are shared."""
    text, owner = snapshot.text, snapshot.tree.parents[statement]
    assert isinstance(owner, ast.Try), "asked of those only"
    first, last = owner.lineno + 1, last_line(statement)
    alone = text.line(owner.lineno).strip() == "try:" and owner.body[1].lineno > last
    if not alone or any(text.silenced(number) for number in range(owner.lineno, last + 1)):
        return None
    indents = Indents(snapshot.concrete)
    indents.shift(range(first, last + 1), text.indent(statement.lineno), text.indent(owner.lineno))
    moved = (indents.of(number) + text.line(number)[len(text.indent(number)) :] for number in range(first, last + 1))
    while text.is_blank(last + 1):
        last += 1
    at = text.start_of(owner.lineno)
    edits = [Edit(at, at, "".join(f"{line}\n" for line in moved)), Edit(*text.whole_lines(first, last), "")]
    return snapshot.version(applied(snapshot.concrete, edits))
