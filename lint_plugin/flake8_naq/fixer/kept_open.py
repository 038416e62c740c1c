"""A `with` block that does not close its resource gets a second manager that does, around the first.

`with sqlite3.connect(path) as db:` becomes `with contextlib.closing(sqlite3.connect(path)) as db, db:`: the inner
manager goes on doing what it did at the end of the block.
"""

from __future__ import annotations

import ast

from flake8_naq.dataflow.observations import Event
from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.module import FunctionFacts
from flake8_naq.fixer.model import CannotFix, Edit, Need, Plan
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.rules.suggestion import spelled_wrapper
from flake8_naq.syntax.nodes import WITHS
from flake8_naq.syntax.tree import names_in

_CAVEAT = "it is closed at the end of the block, where it was not closed before"


def kept_open_plan(snapshot: Snapshot, function: FunctionFacts, verdict: Verdict) -> Plan | None:
    """Return the plan for an acquisition that a `with` enters without closing it; None for any other acquisition.

    Raises CannotFix where the resource has no name that the second manager can enter, or is used after the block.
    """
    statement = snapshot.tree.statement(verdict.call)
    if not isinstance(statement, WITHS) or not verdict.summary.saw(Event.KEPT_OPEN):
        return None
    item = next((one for one in statement.items if one.context_expr is verdict.call), None)
    if item is None:
        return None
    wrapper = spelled_wrapper(verdict.summary.origin.resource.manager, function.scope)
    if wrapper is None:
        raise CannotFix("no manager that closes it is known")
    if not isinstance(item.optional_vars, ast.Name):
        raise CannotFix("it has no name in its block")
    name = item.optional_vars
    inside = set(map(id, names_in(statement, name.id)))
    if any(id(node) not in inside for node in names_in(function.scope.node, name.id)):
        raise CannotFix(f"the name '{name.id}' is used outside of the block")
    call, bound = snapshot.text.span(verdict.call), snapshot.text.span(name)
    edits = (
        Edit(call.start, call.start, f"{wrapper.text}("),
        Edit(call.end, call.end, ")"),
        Edit(bound.end, bound.end, f", {name.id}"),
    )
    needs = frozenset({Need(wrapper.missing, "")} if wrapper.missing else ())
    return Plan(edits, needs, (_CAVEAT,))
