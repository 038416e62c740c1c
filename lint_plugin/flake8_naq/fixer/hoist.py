"""Moves an acquisition that is the first statement of a try, whose finally does more than release it, above the try.

Then the manager's block holds the whole try, and the finally runs before the close, as it did.
"""

from __future__ import annotations

import ast

from flake8_naq.fixer.apply import applied
from flake8_naq.fixer.model import Edit
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.syntax.bindings import bindings
from flake8_naq.syntax.indent import Indents
from flake8_naq.syntax.nodes import without_await
from flake8_naq.syntax.tree import Tree, last_line


def rest_of_finally(tree: Tree, statement: ast.stmt, units: set[ast.stmt]) -> ast.stmt | None:
    """Return what the finally does before it releases, or None where the acquisition cannot go above that try."""
    place = tree.place(statement)
    owner = place.owner
    if not isinstance(owner, ast.Try) or place.field != "body" or place.index or len(owner.body) == 1:
        return None
    if owner.handlers or len(owner.finalbody) < 2 or owner.finalbody[-1] not in units:
        return None
    return next((one for one in owner.finalbody if one not in units), None)


def only_raises_unbound(tree: Tree, statement: ast.stmt, rest: ast.stmt) -> bool:
    """Whether the finally begins with a call of a method of what only the try body binds, behind the acquisition.

    Where the acquisition fails, its name is unbound, and that error hides the failure.
    """
    owner = tree.parents[statement]
    assert isinstance(owner, ast.Try), "asked of those only"
    value = rest.value if isinstance(rest, ast.Expr) else None
    call = without_await(value)
    receiver = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    if rest is not owner.finalbody[0] or not isinstance(receiver, ast.Name):
        return False
    function = tree.function(statement)
    found = list(bindings([function], receiver.id))
    if any(receiver.id in getattr(node, "names", ()) for node in ast.walk(function)):  # a global, or of an outer scope
        return False
    return bool(found) and all(tree.is_inside(node, owner.body[1:]) for node in found)


def hoisted(snapshot: Snapshot, statement: ast.stmt) -> Snapshot | None:
    """Return the file with the acquisition, and the comments above it, above the try; None where lines are shared."""
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
