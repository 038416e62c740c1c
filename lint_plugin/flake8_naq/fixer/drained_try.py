"""A try of which the finally only drains: with a manager around it, the try would stay, one level deeper.

The drain comes behind the body instead, and the manager closes after an exception: that is an unsafe fix.
"""

from __future__ import annotations

import ast

from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.fixer.model import CannotFix
from flake8_naq.fixer.releases import Release
from flake8_naq.syntax.nodes import LOOPS
from flake8_naq.syntax.tree import Tree
from flake8_naq.syntax.walk import walk_scope

_LEAVES = (ast.Return, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)


def drained_try(tree: Tree, verdict: Verdict, releases: list[Release]) -> ast.Try | None:
    """Return the try whose finally drains what is closed by hand on all paths; None where no finally drains.

    Raises CannotFix where that finally has to stay.
    """
    drains = [one for one in releases if not one.closes] if verdict.outcome is Outcome.HAND_CLOSED else []
    for drain in drains:
        outer = (tree.place(one) for one in (drain.unit, *tree.ancestors(drain.unit)) if isinstance(one, ast.stmt))
        place = next((one for one in outer if one.field == "finalbody"), None)
        if place is None or not isinstance(place.owner, ast.Try) or tree.is_inside(verdict.call, place.block):
            continue
        units = {one.unit for one in releases if not one.asks_none}
        plain = all(one in units and isinstance(one, (ast.Expr, ast.If)) for one in place.owner.finalbody)
        if place.owner.handlers or place.owner.orelse or not plain or _leaves(place.owner):
            raise CannotFix(f"line {drain.call.lineno} drains in a finally, which no manager does")
        again = next((one for one in drains if one.unit in place.block and one.unit is not drain.unit), None)
        if again is not None:  # the second drain raises, and that would be lost
            raise CannotFix(f"line {again.call.lineno} drains a connection that is drained already")
        return place.owner
    return None


def _leaves(node: ast.Try) -> bool:
    """Whether the body may be left on a normal way that does not reach its end; a loop in it hides its own."""
    for root in node.body:
        for inner in (root, *walk_scope(root)):
            if isinstance(inner, _LEAVES) or (isinstance(inner, LOOPS) and inner.orelse):
                return True
    return False
