"""Acquisitions in a try: a block around the whole try, above it, or in place of it.

A client that is made above a try with handlers gets a block around it. An acquisition that is the first statement of a
try, whose finally does more than release it, goes above the try. A try of which the finally only drains goes.
"""

from __future__ import annotations

import ast

from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.fixer.model import Plan
from flake8_naq.fixer.own_manager import enter_below
from flake8_naq.fixer.releases import Release
from flake8_naq.syntax.bindings import bindings
from flake8_naq.syntax.nodes import without_await
from flake8_naq.syntax.tree import Place, Tree, first_line, only_target, rebindings


def made_before_plan(
    snapshot: Snapshot, function: FunctionFacts, verdict: Verdict, releases: list[Release]
) -> Plan | None:
    """Return the plan for a client that the finally of a try closes; None for any other acquisition.

    `nc = NATS()`, `try: await nc.connect(url)` with handlers: they run before the close, as they did. Where there are
    none, the block replaces the try of what another manager closes: `conn.request(...)` may leave it open and fail.
    """
    owner = _try_of(snapshot.tree, verdict, releases)
    name = verdict.summary.origin.name
    if owner is None or name is None:
        return None
    around = snapshot.tree.place(owner)
    above = Place(around.owner, around.field, around.block, around.index - 1)
    block = Block(snapshot, above, around.index, name, {one.unit for one in releases}, first=first_line(owner))
    block.unwrapped = None if owner.handlers else owner
    enter_below(block, function, verdict)
    return block_plan(block)


def _try_of(tree: Tree, verdict: Verdict, releases: list[Release]) -> ast.Try | None:
    """Return the try that connects, whose finally closes without a condition and does nothing else."""
    origin, owner = verdict.summary.origin, tree.parents[tree.statement(verdict.call)]
    if not isinstance(owner, ast.Try) or verdict.outcome is not Outcome.HAND_CLOSED:
        return None
    if origin.call in (None, verdict.call) or len(releases) != 1:
        return None
    resource = origin.resource
    if resource.has_no_manager or resource.opens_by_entering or not (owner.handlers or not resource.context_manager):
        return None
    release = releases[0]
    plain = isinstance(release.unit, ast.Expr) and release.closes and not release.caveats
    if not plain or owner.finalbody != [release.unit]:
        return None
    return owner if _is_made_above(tree, origin.call, origin.name, owner) else None


def _is_made_above(tree: Tree, made: ast.Call | None, name: str | None, owner: ast.Try) -> bool:
    """Whether the name holds the client from a statement above the try on, to its end."""
    block, index = tree.place(owner).block, tree.place(owner).index
    statement = tree.statement(made) if made is not None else None
    if name is None or statement not in block[:index] or only_target(statement) != name:
        return False
    return not any(True for _ in rebindings([*block[block.index(statement) + 1 : index], owner], name))


# Above the try


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


# In place of the try


def drained_try(tree: Tree, verdict: Verdict, releases: list[Release]) -> ast.Try | None:
    """Return the try whose finally only drains what is closed by hand on all paths; None where there is none.

    The drain comes behind the body instead, and the manager closes after an exception. Any other finally stays in the
    block, with its drain. Raises CannotFix where that fails after an exception.
    """
    drains = [one for one in releases if not one.closes] if verdict.outcome is Outcome.HAND_CLOSED else []
    for drain in drains:
        outer = (tree.place(one) for one in (drain.unit, *tree.ancestors(drain.unit)) if isinstance(one, ast.stmt))
        place = next((one for one in outer if one.field == "finalbody"), None)
        if place is None or not isinstance(place.owner, ast.Try) or tree.is_inside(verdict.call, [place.owner]):
            continue
        units = {one.unit for one in releases if not one.asks_none}
        plain = all(one in units and isinstance(one, (ast.Expr, ast.If)) for one in place.owner.finalbody)
        if place.owner.handlers or place.owner.orelse or not plain or tree.is_left_by_jump(place.owner.body):
            return None
        again = next((one for one in drains if one.unit in place.block and one.unit is not drain.unit), None)
        if again is not None:  # the second drain raises, and that would be lost
            raise CannotFix(f"line {again.call.lineno} drains a connection that is drained already")
        return place.owner
    return None
