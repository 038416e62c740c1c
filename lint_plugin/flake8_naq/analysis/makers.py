"""Which functions of the same file make a resource: wherever one comes to its end, it returns a new one, or None.

The call of such a function is an acquisition itself. Whatever may have the resource from elsewhere, or keep it, or be
another function than the one that stands in the file, makes nothing here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable

from flake8_naq.analysis.lowering import Lowering
from flake8_naq.analysis.program import Maker, Value
from flake8_naq.analysis.solver import solve
from flake8_naq.analysis.state import OPEN, Trace
from flake8_naq.analysis.survey import Carrier, LocalEffects, Survey
from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.syntax.names import FunctionNode, Names, Scope
from flake8_naq.syntax.walk import is_generator, walk_scope, walk_statements

_MAY_HOLD = (ast.Name, ast.Await, ast.Call, ast.IfExp, ast.BoolOp, ast.NamedExpr)
_BINDING = ("staticmethod", "classmethod")


def maker_of(
    scope: Scope, catalogue: Catalogue, effects: LocalEffects, surveyed: Callable[[Scope], tuple[Names, Survey]]
) -> Maker | None:
    """What the function of *scope* makes, if it does; *surveyed* gives the first look over it."""
    function = scope.node
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    returned = _returned(function)
    if not returned or not all(isinstance(value, _MAY_HOLD) for value in returned) or is_generator(function):
        return None
    names, looked = surveyed(scope)
    if any(isinstance(value, ast.Name) and value.id not in looked.tracked for value in returned):
        return None
    carrier = Carrier(names, catalogue, effects, looked.tracked, looked.types)
    if not any(map(carrier.carries, returned)):
        return None
    program = Lowering(function, scope, names, catalogue, looked, effects).build(function.body, told=True)
    traces = solve(program, catalogue.kinds)
    made = [trace for trace in traces if any(value is Value.RESOURCE for _, value, _ in trace.returned)]
    if not made or not all(map(_gives_up_all, traces)) or len({trace.origin.resource.manager for trace in made}) > 1:
        return None
    resource = made[0].origin.resource
    if not _is_entered_itself(resource) or (resource.asynchronous and isinstance(function, ast.FunctionDef)):
        return None
    may_be_none = any(value is Value.NONE for trace in traces for _, value, _ in trace.returned)
    first = made[0]
    call, inner = first.acquired[0], first.origin.maker
    return Maker(function, resource, call, inner.way if inner else names.of(call.func) or "", may_be_none)


def _returned(function: FunctionNode) -> list[ast.expr]:
    """What it returns besides None."""
    values = [node.value for node in walk_statements(function) if isinstance(node, ast.Return)]
    return [value for value in values if value is not None and not _is_none(value)]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _gives_up_all(trace: Trace) -> bool:
    """Whether each normal end gives the resource, open, to the caller alone, or gives None, or one made elsewhere."""
    return (
        trace.complete
        and trace.precise
        and all(
            (status == OPEN and not kept) if value is Value.RESOURCE else value in (Value.NONE, Value.MADE)
            for status, value, kept in trace.returned
        )
    )


def _is_entered_itself(resource: Resource) -> bool:
    """Whether the manager enters what the acquiring function gives: then it enters what the maker gives, too."""
    return any(f"{name}(" in resource.manager for name in resource.acquire)


def is_settled(scope: Scope, scopes: Collection[Scope], lines: list[str]) -> bool:
    """Whether a call of the function can only reach this one: defined once, not decorated, replaced or overridden."""
    function, owner = scope.node, scope.parent
    if owner is None or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    name, method = function.name, isinstance(owner.node, ast.ClassDef)
    allowed = _BINDING if method else ()
    if any(not (isinstance(one, ast.Name) and one.id in allowed) for one in function.decorator_list):
        return False
    if name in owner.imports or sum(_binds(node, name) for node in walk_scope(owner.node)) > 1:
        return False
    if any(name in other.outer for other in scopes):
        return False
    return not method or not _is_replaced(name, _descendants(owner, scopes), lines)


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == name
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)


def _descendants(owner: Scope, scopes: Iterable[Scope]) -> list[Scope]:
    """The class, and the classes of the file that derive from it."""
    found = [owner]
    classes = [scope for scope in scopes if isinstance(scope.node, ast.ClassDef)]
    for one in found:
        found += (other for other in classes if other not in found and _derives(other.node, one.node))
    return found


def _derives(node: ast.AST, base: ast.AST) -> bool:
    """Whether the class names the other one, at any place of its module, as a base."""
    if not isinstance(node, ast.ClassDef) or not isinstance(base, ast.ClassDef):
        return False
    names = [one.value if isinstance(one, ast.Subscript) else one for one in node.bases]
    return any(getattr(one, "attr", getattr(one, "id", "")) == base.name for one in names)


def _is_replaced(name: str, classes: list[Scope], lines: list[str]) -> bool:
    """Whether a class that derives has a method of that name, or something assigns to an attribute of that name."""
    if any(name in scope.bound for scope in classes[1:]):
        return True
    nodes = [one.node for one in classes if isinstance(one.node, ast.ClassDef)]
    ranges = [range(node.lineno, (node.end_lineno or 0) + 1) for node in nodes]
    assigned = re.compile(rf"(\w*)\.{re.escape(name)}\s*=(?!=)")
    return any(
        match[1] not in ("self", "cls") or any(number in own for own in ranges)
        for number, line in enumerate(lines, 1)
        for match in assigned.finditer(line)
    )
