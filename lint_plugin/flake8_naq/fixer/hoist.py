"""An acquisition that is the first thing in a try whose finally does more than to release it: it goes above the try.

Then the manager's block holds the whole try, and the finally runs before the close, as it did.
"""

from __future__ import annotations

import ast

from flake8_naq.fixer.apply import applied
from flake8_naq.fixer.indent import Indents
from flake8_naq.fixer.model import Edit
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.syntax.tree import Tree, last_line


def rest_of_finally(tree: Tree, statement: ast.stmt, units: set[ast.stmt]) -> ast.stmt | None:
    """What the finally of the try around does before it releases, where the acquisition can go above that try."""
    place = tree.place(statement)
    owner = place.owner
    if not isinstance(owner, ast.Try) or place.field != "body" or place.index or len(owner.body) == 1:
        return None
    if owner.handlers or owner.orelse or len(owner.finalbody) < 2 or owner.finalbody[-1] not in units:
        return None
    return next((one for one in owner.finalbody if one not in units), None)


def hoisted(snapshot: Snapshot, statement: ast.stmt) -> Snapshot | None:
    """The file with the acquisition, and the comments above it, above the try; None where lines are shared."""
    text, owner = snapshot.text, snapshot.tree.parents[statement]
    assert isinstance(owner, ast.Try), "asked of those only"
    first, last = owner.lineno + 1, last_line(statement)
    following = owner.body[1]
    alone = text.line(owner.lineno).strip() == "try:" and following.lineno > last
    if not alone or any(text.silenced(number) for number in range(owner.lineno, last + 1)):
        return None
    indents = Indents(snapshot.concrete)
    indents.shift(range(first, last + 1), text.indent(statement.lineno), text.indent(owner.lineno))
    moved = text.whole_lines(first, last)
    lines = text.source[slice(*moved)]
    shifts = sorted(indents.edits(frozenset()), reverse=True)
    for edit in shifts:
        lines = lines[: edit.start - moved.start] + edit.text + lines[edit.end - moved.start :]
    at = text.start_of(owner.lineno)
    end = moved.end
    while text.is_blank(text.line_at(end)) and text.line_at(end) < following.lineno:
        end = text.start_of(text.line_at(end) + 1)
    edits = [Edit(at, at, lines), Edit(moved.start, end, "")]
    return Snapshot(applied(snapshot.concrete, edits), snapshot.settings, snapshot.path)


def as_one_edit(before: str, after: str) -> Edit:
    """What turns one text into the other, from the first line that differs to the last."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    start = sum(map(len, old[:first]))
    end = len(before) - sum(map(len, old[len(old) - last :]))
    return Edit(start, end, "".join(new[first : len(new) - last]))
