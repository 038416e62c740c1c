"""Which functions of a file make a resource: each normal end returns a new resource, or None.

A call of such a function is an acquisition. A function is not a factory if its value may come from elsewhere or may
be kept, or if a call by its name may reach another function.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection

from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.cfg.lower import build_graph
from flake8_naq.cfg.values import Value
from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.dataflow.problem import make_function
from flake8_naq.dataflow.state import Status
from flake8_naq.dataflow.summaries import CalleeSummaries
from flake8_naq.dataflow.verdict import analyse
from flake8_naq.prescan.callees import Factory
from flake8_naq.prescan.function import Prescan
from flake8_naq.prescan.may_hold import MayHoldResource
from flake8_naq.syntax.bindings import bound_names
from flake8_naq.syntax.hierarchy import Hierarchy
from flake8_naq.syntax.names import FunctionNode, Names, Scope
from flake8_naq.syntax.walk import is_generator, walk_scope, walk_statements

_MAY_HOLD = (ast.Name, ast.Await, ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr)
_BINDING = ("staticmethod", "classmethod")


def factory_of(
    scope: Scope, catalogue: Catalogue, callees: CalleeSummaries, prescanned: Callable[[Scope], tuple[Names, Prescan]]
) -> Factory | None:
    """Return what the function of `scope` makes, None if it makes nothing; `prescanned` gives its names."""
    function = scope.node
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    returned = _returned(function)
    if not returned or not all(isinstance(value, _MAY_HOLD) for value in returned) or is_generator(function):
        return None
    names, scanned = prescanned(scope)
    if not _may_return_resource(returned, names, scanned, catalogue, callees):
        return None
    graph = build_graph(function, scope, names, catalogue, scanned, callees, return_slot=True)
    summaries = analyse(make_function(graph, catalogue.kinds, callees, names))
    made = [one for one in summaries if any(returned.value is Value.RESOURCE for returned in one.returned)]
    if not made or not all(map(_gives_up_all, summaries)) or len({one.origin.resource.manager for one in made}) > 1:
        return None
    resource = made[0].origin.resource
    only_coroutine = "call" not in resource.acquired_by and isinstance(function, ast.FunctionDef)
    if only_coroutine or not _suits_what_is_made(resource):
        return None
    call, inner = made[0].acquired[0], made[0].origin.factory
    return Factory(
        function.name,
        resource,
        isinstance(function, ast.AsyncFunctionDef),
        call.lineno,
        acquired_by=inner.acquired_by if inner else names.of(call.func) or "",
        may_be_none=any(returned.value is Value.NONE for one in summaries for returned in one.returned),
    )


def _returned(function: FunctionNode) -> list[ast.expr]:
    """Return what the function returns besides None."""
    values = [node.value for node in walk_statements(function) if isinstance(node, ast.Return)]
    return [value for value in values if value is not None and not _is_none(value)]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _may_return_resource(
    returned: list[ast.expr], names: Names, scanned: Prescan, catalogue: Catalogue, callees: CalleeSummaries
) -> bool:
    if any(isinstance(value, ast.Name) and value.id not in scanned.tracked for value in returned):
        return False
    may = MayHoldResource(names, catalogue, callees, scanned.tracked, scanned.types)
    return any(map(may.may_hold, returned))


def _gives_up_all(summary: AcquisitionSummary) -> bool:
    """Return whether each normal end gives an open resource to the caller alone, or None, or another resource."""
    return (
        summary.complete
        and summary.precise
        and all(
            (returned.status is Status.OPEN and not returned.shared)
            if returned.value is Value.RESOURCE
            else returned.value in (Value.NONE, Value.OTHER_RESOURCE)
            for returned in summary.returned
        )
    )


def _suits_what_is_made(resource: Resource) -> bool:
    """Return whether the manager takes what the acquiring function gives: then it takes what the factory gives."""
    manager = resource.manager
    return not manager or "{call}" in manager or any(f"{name}(" in manager for name in resource.acquire)


def is_only_target(scope: Scope, scopes: Collection[Scope], hierarchy: Hierarchy, lines: list[str]) -> bool:
    """Return whether a call by the function's name reaches only this one.

    It is defined once, not decorated, and neither replaced nor overridden.
    """
    function, owner = scope.node, scope.parent
    if owner is None or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    name, method = function.name, isinstance(owner.node, ast.ClassDef)
    allowed = _BINDING if method else ()
    if any(not (isinstance(one, ast.Name) and one.id in allowed) for one in function.decorator_list):
        return False
    if sum(name in bound_names(node) for node in walk_scope(owner.node)) > 1:
        return False
    if any(name in other.outer for other in scopes):
        return False
    return not method or not _is_replaced(name, owner, hierarchy, lines)


def _is_replaced(name: str, owner: Scope, hierarchy: Hierarchy, lines: list[str]) -> bool:
    """Return whether a derived class has a method of that name, or an attribute of that name is assigned to."""
    derived = hierarchy.descendants(owner)
    if any(name in scope.bound for scope in derived):
        return True
    nodes = [one.node for one in (owner, *derived) if isinstance(one.node, ast.ClassDef)]
    ranges = [range(node.lineno, (node.end_lineno or 0) + 1) for node in nodes]
    assigned = re.compile(rf"(\w*)\.{re.escape(name)}\s*=(?!=)")
    return any(
        match[1] not in ("self", "cls") or any(number in own for own in ranges)
        for number, line in enumerate(lines, 1)
        for match in assigned.finditer(line)
    )
