"""Clients that a function makes and a nested function connects, where no code of either closes them or takes them.

The flow through one function does not see the call of the other; here only the text of both is looked at. A module that
is run as a program counts as the outer function: no other module closes its clients.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.cfg.instructions import Origin
from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.syntax.bindings import binds_once
from flake8_naq.syntax.names import Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted
from flake8_naq.syntax.walk import scope_nodes, walk, walk_scope


class NestedOpening(NamedTuple):
    """The call in a nested function that opens the resource, and the summary of the resource."""

    call: ast.Call
    summary: AcquisitionSummary


def nested_openings(scope: Scope, summaries: tuple[AcquisitionSummary, ...]) -> Iterator[NestedOpening]:
    """Yield the openings in functions nested in that of `scope` of what only these functions use."""
    for summary in summaries:
        name = summary.origin.name
        if summary.origin.opened or summary.acquired or name is None or not is_closed_in(scope, summary.origin):
            continue
        if binds_once(name, ast.walk(scope.node)) and not _is_given_away(name, scope, summary.origin):
            for nested in _nested(scope.node):
                yield from (NestedOpening(call, summary) for call in _opening_calls(nested, name, summary.origin))


def is_closed_in(scope: Scope, origin: Origin) -> bool:
    """Return whether the function, or the module, has to close what it makes."""
    if isinstance(scope.node, ast.Module):
        return not origin.resource.process_lived and any(map(_is_entry_point, scope.node.body))
    return isinstance(scope.node, FUNCTIONS)


def _is_entry_point(node: ast.stmt) -> bool:
    """Return whether the statement is `if __name__ == "__main__":`."""
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _nested(root: ast.AST) -> Iterator[ast.AST]:
    """Yield the functions nested in a function, at any depth."""
    return (node for node in walk(root) if isinstance(node, FUNCTIONS) and node is not root)


def _is_given_away(name: str, scope: Scope, origin: Origin) -> bool:
    """Return whether a use of the name is more than the call of a method that does not release."""
    parents = {child: node for node in ast.walk(scope.node) for child in ast.iter_child_nodes(node)}
    for node in parents:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = parents[node]
            if not isinstance(parent, ast.Attribute) or parent.attr in origin.resource.release_methods:
                return True
            outer = parents[parent]
            if not isinstance(outer, ast.Call) or parent is not outer.func:
                return True
    return False


def _opening_calls(function: ast.AST, name: str, origin: Origin) -> Iterator[ast.Call]:
    resource = origin.resource
    awaited = {id(node.value) for node in walk_scope(function) if isinstance(node, ast.Await)}
    for call in scope_nodes(function, ast.Call):
        receiver, _, method = dotted(call.func).rpartition(".")
        if receiver == name and method in resource.acquire_methods:
            if (method in resource.awaited) == (id(call) in awaited):
                yield call
