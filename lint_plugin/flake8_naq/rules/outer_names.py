"""Resources that a nested function puts into a name of the function around it, whose code never closes them.

A module that is run as a program counts as such a function, and `global` as `nonlocal`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.known_values import owner_of
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.nested_opening import is_closed_in
from flake8_naq.prescan.callees import Effect
from flake8_naq.rules.replaced import is_replaced
from flake8_naq.syntax.bindings import assignments
from flake8_naq.syntax.callees import keyed_arguments
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import is_none, without_await
from flake8_naq.syntax.tree import Tree, names_in
from flake8_naq.syntax.value_uses import is_only_inspected, looks_up

_ELSEWHERE: Final = (Event.CLEANUP_REGISTERED, Event.YIELDED_OPEN, Event.OUTLIVES_BLOCK, Event.ESCAPE_SITE)
_CLOSED: Final = (Event.RELEASED, Event.MANAGED, Event.ENDED, Event.EXPECTED_TO_FAIL, Event.TESTED_CLOSED)


class Outer(NamedTuple):
    """An acquisition in a nested function, and the function or module that has the name of the resource."""

    verdict: Verdict
    owner: Scope


def never_closed_outer(facts: ModuleFacts) -> Iterator[Outer]:
    """Yield the acquisitions that only a name of an outer function gets, where no code that sees the name closes them."""
    for function in facts.functions:
        for verdict in function.verdicts if function.scope.outer else ():
            name = _stored_as(verdict.summary)
            owner = _owner(name, function.scope) if name and verdict.outcome is Outcome.FINE else None
            if owner is None or not is_closed_in(owner, verdict.summary.origin) or is_replaced(function, verdict):
                continue
            tree = facts.parents
            if not facts.closes_for_process(verdict.summary.origin.resource) and "globals(" not in facts.text:
                if _only_uses(facts, tree, name, owner, verdict.summary):
                    yield Outer(verdict, owner)


def _stored_as(summary: AcquisitionSummary) -> str:
    """Return the only name by which the resource is known, empty if other code gets it, too."""
    if summary.saw(*_ELSEWHERE, *_CLOSED) or not summary.saw(Event.STORED):
        return ""
    targets = [target for node in summary.nodes(Event.STORED) for one in assignments(node) for target in one.targets]
    names = {one.id if isinstance(one, ast.Name) else "" for one in targets}
    name = names.pop() if len(names) == 1 else ""
    return name if summary.origin.name in (name, None) else ""


def _owner(name: str, scope: Scope) -> Scope | None:
    """Return the function or the module that has the name which an inner function declares."""
    return owner_of(name, scope.parent) if name in scope.outer else None


def _only_uses(facts: ModuleFacts, tree: Tree, name: str, owner: Scope, summary: AcquisitionSummary) -> bool:
    """Return whether no code in the owner may close what the name holds, or give it to code that may."""
    if any(isinstance(node, ast.arg) and node.arg == name for node in ast.walk(owner.node)):
        return False  # it may be another name
    return all(
        _is_set(tree, one, summary)
        if isinstance(one.ctx, ast.Store)
        else isinstance(one.ctx, ast.Load) and _is_used(facts, tree, one, summary.origin.resource)
        for one in names_in(owner.node, name)
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


def _is_used(facts: ModuleFacts, tree: Tree, name: ast.Name, resource: Resource) -> bool:
    parent = tree.parents[name]
    if isinstance(parent, (ast.Attribute, ast.Subscript)):
        return not looks_up(tree, parent, resource.last_methods)
    call = tree.parents[parent] if isinstance(parent, ast.keyword) else parent
    if isinstance(call, ast.Call):
        names = Names(facts.scope_around(call), facts.catalogue.known)
        keys = [key for key, value in keyed_arguments(call) if value is name]
        return bool(keys) and all(facts.callees.effect(call, key, names, resource) is Effect.BORROWS for key in keys)
    return is_only_inspected(tree, name)
