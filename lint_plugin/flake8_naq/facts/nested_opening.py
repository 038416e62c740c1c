"""Clients that a function makes and a nested function connects, where no code of either closes them or takes them.

The flow through one function does not see the call of the other; here only the text of both is looked at. A module
that is run as a program counts as the outer function: no other module closes its clients. So does any module for what a
context manager connects, such as the lifespan of an application: the code behind its `yield` is the end of that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.cfg.instructions import Origin
from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.managers import ends
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.callees import Effect
from flake8_naq.syntax.bindings import bound_names, stored_values
from flake8_naq.syntax.callees import keyed_arguments
from flake8_naq.syntax.names import Names, Scope, owner_of
from flake8_naq.syntax.nodes import FUNCTIONS, dotted, is_none
from flake8_naq.syntax.tree import names_in
from flake8_naq.syntax.value_uses import is_only_inspected, looks_up
from flake8_naq.syntax.walk import scope_nodes, walk, walk_scope


class NestedOpening(NamedTuple):
    """The call in a nested function that opens the resource, and the summary of the resource.

    `owner`: the function or module that has the name of the resource. `manager`: the context manager that is the nested
    function, where that has to close the resource; empty otherwise.
    """

    call: ast.Call
    summary: AcquisitionSummary
    owner: Scope
    manager: str


def nested_openings(facts: ModuleFacts, function: FunctionFacts) -> Iterator[NestedOpening]:
    """Yield the openings in nested functions of what only these functions use.

    The function makes it for itself, or for a name of a function or module around it.
    """
    for summary in function.summaries:
        name, origin = summary.origin.name, summary.origin
        if origin.opened or summary.acquired or name is None:
            continue
        owner = owner_of(name, function.scope)
        if owner is not None and _holds_nothing_else(name, owner, origin):
            found = list(_openings(facts, summary, name, owner))
            uses = names_in(owner.node, name) if found else ()
            if all(is_only_used(facts, one, origin.resource) for one in uses if isinstance(one.ctx, ast.Load)):
                yield from found


def _openings(facts: ModuleFacts, summary: AcquisitionSummary, name: str, owner: Scope) -> Iterator[NestedOpening]:
    closes = is_closed_in(owner, summary.origin)
    for nested in _nested(owner.node):
        for call in opening_calls(nested, name, summary.origin.resource):
            manager = "" if closes else manager_of(facts, facts.scopes[nested], summary.origin, name, call)
            if manager is not None:
                yield NestedOpening(call, summary, owner, manager)


def manager_of(facts: ModuleFacts, scope: Scope, origin: Origin, name: str, call: ast.Call) -> str | None:
    """Return the context manager that the function is if it has to close what the call opens, else None."""
    closes = not origin.resource.process_lived and ends(scope, facts.catalogue, name, call)
    return scope.qualname if closes else None


def _holds_nothing_else(name: str, owner: Scope, origin: Origin) -> bool:
    """Return whether the name is only set to the one object, and to None."""
    nodes = list(walk(owner.node))
    values = [value for node in nodes for target, value in stored_values(node) if dotted(target) == name]
    made = [value for value in values if not is_none(value)]
    return len(made) == 1 and made[0] is origin.call and len(values) == sum(name in bound_names(node) for node in nodes)


def is_only_used(facts: ModuleFacts, name: ast.Name, resource: Resource) -> bool:
    """Return whether the use of the name neither closes what it holds, nor gives it to code that may."""
    tree = facts.parents
    parent = tree.parents[name]
    if isinstance(parent, (ast.Attribute, ast.Subscript)):
        return not looks_up(tree, parent, resource.last_methods)
    call = tree.user(name)
    if isinstance(call, ast.Call):
        names = Names(facts.scope_around(call), facts.catalogue.known)
        keys = [key for key, value in keyed_arguments(call) if value is name]
        if names.of(call.func) == "getattr":
            return _takes_arguments(tree.parents[call], call)
        return bool(keys) and all(facts.callees.effect(call, key, names, resource) is Effect.BORROWS for key in keys)
    return is_only_inspected(tree, name)


def _takes_arguments(node: ast.AST, function: ast.Call) -> bool:
    """Return whether the node gives arguments to what `getattr` finds: `getattr(session, name)(url)` closes nothing."""
    return isinstance(node, ast.Call) and node.func is function and bool(node.args or node.keywords)


def is_closed_in(scope: Scope, origin: Origin) -> bool:
    """Return whether the function, or the module, has to close what it makes."""
    if isinstance(scope.node, ast.Module):
        return not origin.resource.process_lived and any(map(is_entry_point, scope.node.body))
    return isinstance(scope.node, FUNCTIONS)


def is_entry_point(node: ast.stmt) -> bool:
    """Return whether the statement is `if __name__ == "__main__":`."""
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _nested(root: ast.AST) -> Iterator[ast.AST]:
    """Yield the functions nested in a function, at any depth."""
    return (node for node in walk(root) if isinstance(node, FUNCTIONS) and node is not root)


def opening_calls(function: ast.AST, path: str, resource: Resource) -> Iterator[ast.Call]:
    """Yield the calls of a function that open what the name or attribute holds: `await app.state.bus.connect()`."""
    awaited = {id(node.value) for node in walk_scope(function) if isinstance(node, ast.Await)}
    for call in scope_nodes(function, ast.Call):
        receiver, _, method = dotted(call.func).rpartition(".")
        if receiver == path and method in resource.acquire_methods:
            if (method in resource.awaited) == (id(call) in awaited):
                yield call
