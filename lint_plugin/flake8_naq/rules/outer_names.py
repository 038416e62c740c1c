"""Resources that a nested function puts into a name of the function around it, whose code never closes them.

A module that is run as a program counts as such a function, and `global` as `nonlocal`. So does any module for what a
context manager opens, such as the lifespan of an application: the code behind its `yield` is the end of that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.nested_opening import is_closed_in, is_only_used, manager_of
from flake8_naq.rules.replaced import is_replaced
from flake8_naq.syntax.bindings import assignments
from flake8_naq.syntax.names import Scope, owner_of
from flake8_naq.syntax.nodes import is_none, missing_name, without_await
from flake8_naq.syntax.tree import Tree, names_in

_ELSEWHERE: Final = (Event.CLEANUP_REGISTERED, Event.YIELDED_OPEN, Event.OUTLIVES_BLOCK, Event.ESCAPE_SITE)
# What says that the resource of a function has another end than to be forgotten.
CLOSED: Final = (Event.RELEASED, Event.MANAGED, Event.ENDED, Event.EXPECTED_TO_FAIL, Event.TESTED_CLOSED)


class Outer(NamedTuple):
    """An acquisition in a nested function, and the function or module that has the name of the resource.

    `manager`: the context manager that is the nested function, where it has to close the resource; empty otherwise.
    """

    verdict: Verdict
    owner: Scope
    manager: str


def never_closed_outer(facts: ModuleFacts) -> Iterator[Outer]:
    """Yield the acquisitions that only a name of an outer function gets, where no code that sees the name closes them."""
    for function in facts.functions:
        for verdict in function.verdicts if function.scope.outer else ():
            name = _stored_as(verdict.summary)
            owner = _owner(name, function.scope) if name and verdict.outcome is Outcome.FINE else None
            if owner is None or is_replaced(function, verdict):
                continue
            origin = verdict.summary.origin
            closed = is_closed_in(owner, origin)
            manager = "" if closed else manager_of(facts, function.scope, origin, name, verdict.call)
            if manager is None or facts.closes_for_process(origin.resource) or "globals(" in facts.text:
                continue
            if _only_uses(facts, name, owner, verdict.summary):
                yield Outer(verdict, owner, manager)


def _stored_as(summary: AcquisitionSummary) -> str:
    """Return the only name by which the resource is known, empty if other code gets it, too."""
    if summary.saw(*_ELSEWHERE, *CLOSED) or not summary.saw(Event.STORED):
        return ""
    targets = [target for node in summary.nodes(Event.STORED) for one in assignments(node) for target in one.targets]
    names = {one.id if isinstance(one, ast.Name) else "" for one in targets}
    name = names.pop() if len(names) == 1 else ""
    return name if summary.origin.name in (name, None) else ""


def _owner(name: str, scope: Scope) -> Scope | None:
    """Return the function or the module that has the name which an inner function declares."""
    return owner_of(name, scope) if name in scope.outer else None


def _only_uses(facts: ModuleFacts, name: str, owner: Scope, summary: AcquisitionSummary) -> bool:
    """Return whether no code in the owner may close what the name holds, or give it to code that may."""
    if any(isinstance(node, ast.arg) and node.arg == name for node in ast.walk(owner.node)):
        if not _is_made_if_missing(facts.parents, name, summary):
            return False  # it may be what a caller gives
    return all(
        _is_set(facts.parents, one, summary)
        if isinstance(one.ctx, ast.Store)
        else isinstance(one.ctx, ast.Load) and is_only_used(facts, one, summary.origin.resource)
        for one in names_in(owner.node, name)
    )


def _is_made_if_missing(tree: Tree, name: str, summary: AcquisitionSummary) -> bool:
    """Return whether each acquisition is the only statement of `if not name:` or `if name is None:`."""
    around = [tree.parents[tree.statement(call)] for call in summary.acquired]
    return bool(around) and all(
        isinstance(one, ast.If) and len(one.body) == 1 and not one.orelse and missing_name(one.test) == name for one in around
    )


def _is_set(tree: Tree, name: ast.Name, summary: AcquisitionSummary) -> bool:
    """Return whether the name is set to None, or to what the acquisition gives."""
    parent = tree.parents[name]
    value = getattr(parent, "value", None)
    if isinstance(parent, ast.AnnAssign) and value is None:
        return True
    if not isinstance(parent, (ast.Assign, ast.AnnAssign)) or value is None:
        return False
    return is_none(value) or without_await(value) in (*summary.acquired, summary.origin.call)
