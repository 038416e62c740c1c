"""Whether a resource is opened in a branch and used behind it: `nc = given or await connect()`, `if own: nc = ...`.

On the other ways its name holds an object of other code, or None, so that no block can begin where it is opened.
"""

from __future__ import annotations

import ast

from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.syntax.nodes import DEFINITIONS
from flake8_naq.syntax.walk import scope_nodes

_VALUES = (ast.IfExp, ast.BoolOp)
_CHOICES = (ast.If, *_VALUES, ast.match_case)


def is_opened_on_some_ways(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether a branch that the release is not in opens the resource, and another way opens none.

    What is not closed on each way may be used in the branch alone, unless this is a part of the value that is assigned.
    """
    choices = _CHOICES if verdict.outcome is Outcome.HAND_CLOSED else _VALUES
    if choices is _VALUES and not _is_in_value(function, verdict.call):
        return False  # most findings end here, and need no parents of the whole module
    tree, summary = facts.parents, verdict.summary
    opened = [call for one in function.summaries if one.origin.name == summary.origin.name for call in one.acquired]
    child: ast.AST = verdict.call
    for node in tree.ancestors(verdict.call):
        if isinstance(node, DEFINITIONS):
            return False
        if isinstance(node, choices) and not any(tree.is_inside(one, [node]) for one in summary.released):
            others = [one for one in opened if tree.is_inside(one, [node]) and not tree.is_inside(one, [child])]
            if not others:
                return True
        child = node
    return False


def _is_in_value(function: FunctionFacts, call: ast.Call) -> bool:
    """Return whether lines of an `or`, an `and` or a choice of the function have the call."""
    values = scope_nodes(function.scope.node, ast.IfExp, ast.BoolOp)
    return any(one.lineno <= call.lineno <= (one.end_lineno or 0) for one in values)
