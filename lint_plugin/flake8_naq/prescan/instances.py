"""Which class of the catalogue the value of an expression has, where more than its own function says so.

`get_engine().connect()` is followed through what `get_engine` returns, or says that it returns, and `engine.connect()`
through all that the module assigns to `engine`. Both may be of another module of the project. A value that may have two
classes, or one that is not known, has none.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.prescan.types import class_of
from flake8_naq.syntax.bindings import assignments, bound_names
from flake8_naq.syntax.callees import Scopes, callee_of
from flake8_naq.syntax.names import FunctionNode, Names, Scope, complete_scope
from flake8_naq.syntax.nodes import is_none, parameters
from flake8_naq.syntax.own_object import own_attribute
from flake8_naq.syntax.walk import is_generator, walk_scope

_FOLLOWED: Final = 5  # names and calls, one behind the other
_SAME_VALUE: Final = frozenset({"cache", "lru_cache", "staticmethod", "classmethod"})  # decorators that keep the answer
_PROPERTIES: Final = frozenset({"property", "cached_property"})


class _Set(NamedTuple):
    """A statement or expression that assigns a value to a target, None where it only annotates the target."""

    statement: ast.AST
    value: ast.expr | None


class _Given(NamedTuple):
    """The same with the scope in which it is."""

    scope: Scope
    set: _Set


class _NamesSet(NamedTuple):
    """How often a scope binds each name, and what it assigns to the names."""

    bindings: Counter[str]
    given: Mapping[str, Sequence[_Set]]


class ImportedInstances(Protocol):
    """The same for what the module imports."""

    def instance(self, name: str, steps: int, *, called: bool, awaited: bool) -> str | None:
        """Return the class of the imported name's value, or of what a call of it returns."""


class Instances:
    """Answers for the expressions of one module. The answers are first names of `catalogue.classes`."""

    def __init__(self, scopes: Scopes, catalogue: Catalogue, imported: ImportedInstances) -> None:
        self._scopes = scopes
        self._catalogue = catalogue
        self._imported = imported
        self._known: dict[tuple[Scope, str, int], str | None] = {}
        self._names_set: dict[Scope, _NamesSet] = {}
        self._attributes_set: dict[Scope, Mapping[str, Sequence[_Given]]] = {}

    def of(self, value: ast.expr, names: Names, steps: int = _FOLLOWED, *, awaited: bool = False) -> str | None:
        """Return the class of the value, as seen from the scope of `names`; None where it is not known."""
        if steps == 0:
            return None
        if isinstance(value, ast.Await):
            return self.of(value.value, names, steps, awaited=True)
        if isinstance(value, ast.Call):
            return self._returned_by(value, names, steps - 1, awaited)
        if isinstance(value, ast.IfExp):
            return self._common((value.body, value.orelse), names, steps - 1)
        if isinstance(value, ast.BoolOp):
            return self._common(value.values, names, steps - 1)
        if isinstance(value, ast.BinOp):
            return self._same(value.left, "/", names, steps - 1) if isinstance(value.op, ast.Div) else None
        canonical = names.of(value)
        if canonical is not None:
            return self._imported.instance(canonical, steps - 1, called=False, awaited=awaited)
        if isinstance(value, ast.Name):
            return self._variable(value.id, names.scope, steps - 1)
        if attribute := own_attribute(value):
            return self._attribute(attribute, names.scope.enclosing_class, steps - 1)
        if isinstance(value, ast.Attribute):
            return self._same(value.value, value.attr, names, steps - 1)
        return None

    def _same(self, value: ast.expr, name: str, names: Names, steps: int) -> str | None:
        """Return the class of the value if what has the name there gives an object of that class."""
        same_class = self._catalogue.calls.same_class
        if not any(name in every for every in same_class.values()):
            return None
        found = self.of(value, names, steps)
        return found if found is not None and name in same_class.get(found, ()) else None

    def in_module(self, name: str, steps: int, *, called: bool, awaited: bool) -> str | None:
        """Return the class of the value of a module's name, or of what a call of the name returns."""
        root = next(iter(self._scopes.values())).module
        names = Names(root, self._catalogue.known)
        expression: ast.expr = ast.Name(name, ast.Load())
        return self.of(ast.Call(expression, [], []) if called else expression, names, steps, awaited=awaited)

    def _common(self, values: Iterable[ast.expr], names: Names, steps: int) -> str | None:
        """Return the class that all of the values have; one that is None has any."""
        found = {self.of(value, names, steps) for value in values if not is_none(value)}
        return found.pop() if len(found) == 1 else None

    def _returned_by(self, call: ast.Call, names: Names, steps: int, awaited: bool) -> str | None:
        canonical = names.of(call.func)
        if canonical is not None:
            known = self._catalogue.classes.get(canonical)
            return known or self._imported.instance(canonical, steps, called=True, awaited=awaited)
        callee = callee_of(call.func, names.scope, self._scopes)
        if callee is None and isinstance(call.func, ast.Attribute) and not awaited:
            return self._same(call.func.value, call.func.attr, names, steps)
        if callee is None or callee.function.name == "__init__":
            return None
        if isinstance(callee.function, ast.AsyncFunctionDef) != awaited:
            return None
        return self._returned(callee.function, _SAME_VALUE, steps)

    def _returned(self, function: FunctionNode, decorators: frozenset[str], steps: int) -> str | None:
        """Return the class of what the function returns, None also where a decorator may change that."""
        scope = self._scopes.get(function)
        if scope is None or not all(_last_name(one) in decorators for one in function.decorator_list):
            return None
        if is_generator(function):
            return None
        names = Names(scope, self._catalogue.known)
        annotated = self._catalogue.classes.get(class_of(function.returns, names) or "")
        if annotated is not None:
            return annotated
        returned = (node for node in walk_scope(function) if isinstance(node, ast.Return))
        return self._common([node.value for node in returned if node.value is not None], names, steps)

    def _variable(self, name: str, scope: Scope, steps: int) -> str | None:
        owner: Scope | None = scope
        while owner is not None and not (_binds(owner, name) and name not in owner.outer):
            owner = owner.parent
        if owner is None or isinstance(owner.node, ast.ClassDef):
            return None
        key = owner, name, steps
        if key not in self._known:
            self._known[key] = self._assigned(owner, name, steps)
        return self._known[key]

    def _assigned(self, owner: Scope, name: str, steps: int) -> str | None:
        """Return the class of all that is assigned to a name of the scope, in functions that declare it too."""
        scopes = [one for one in self._scopes.values() if one is owner or name in one.outer]
        given = [_Given(scope, one) for scope in scopes for one in self._names_set_in(scope).given.get(name, ())]
        for scope in scopes:
            found = self._names_set_in(scope)
            if _is_parameter(name, scope):
                return self._annotated(name, scope) if not given and found.bindings[name] <= 1 else None
            if found.bindings[name] != len(found.given.get(name, ())):
                return None
        return self._common_class(given, steps)

    def _annotated(self, name: str, scope: Scope) -> str | None:
        """Return the class that the annotation of a parameter names."""
        arguments = getattr(scope.node, "args", None)
        annotations = [one.annotation for one in parameters(arguments) if one.arg == name] if arguments else []
        names = Names(scope, self._catalogue.known)
        return next((self._catalogue.classes.get(class_of(one, names) or "") for one in annotations), None)

    def _names_set_in(self, scope: Scope) -> _NamesSet:
        if scope not in self._names_set:
            self._names_set[scope] = _names_set(scope)
        return self._names_set[scope]

    def _attribute(self, name: str, owner: Scope | None, steps: int) -> str | None:
        """Return the class of an attribute of `self`: a property, or what all methods assign to it."""
        if owner is None:
            return None
        getter = owner.functions.get(name)
        if getter is not None:
            decorated = {_last_name(one) for one in getter.decorator_list} <= _PROPERTIES and getter.decorator_list
            return self._returned(getter, _PROPERTIES, steps) if decorated else None
        key = owner, name, steps
        if key not in self._known:
            self._known[key] = self._set_on_self(owner, name, steps)
        return self._known[key]

    def _set_on_self(self, owner: Scope, name: str, steps: int) -> str | None:
        if owner not in self._attributes_set:
            self._attributes_set[owner] = _attributes_set(owner, self._scopes.values())
        return self._common_class(self._attributes_set[owner].get(name, ()), steps)

    def _common_class(self, given: Iterable[_Given], steps: int) -> str | None:
        """Return the class that all of the values have; one that is None has any."""
        common: str | None = None
        for scope, (statement, value) in given:
            names = Names(scope, self._catalogue.known)
            annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
            found = self._catalogue.classes.get(class_of(annotation, names) or "")
            if found is None:
                if value is None or is_none(value):
                    continue
                found = self.of(value, names, steps)
            if found is None or common not in (None, found):
                return None
            common = found
        return common


def _names_set(scope: Scope) -> _NamesSet:
    bindings, given = Counter[str](), dict[str, list[_Set]]()
    for node in walk_scope(scope.node):
        bindings.update(set(bound_names(node)))
        for target, one in _pairs(node):
            if isinstance(target, ast.Name):
                given.setdefault(target.id, []).append(one)
    return _NamesSet(bindings, given)


def _attributes_set(owner: Scope, scopes: Iterable[Scope]) -> dict[str, list[_Given]]:
    """Return what the methods of a class assign to the attributes of `self`."""
    found: dict[str, list[_Given]] = {}
    for scope in scopes:
        if scope.enclosing_class is owner and scope is not owner:
            for node in walk_scope(scope.node):
                for target, one in _pairs(node):
                    if attribute := own_attribute(target):
                        found.setdefault(attribute, []).append(_Given(scope, one))
    return found


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, _Set]]:
    """Yield what the node assigns to, or annotates."""
    if isinstance(node, ast.AnnAssign):
        yield node.target, _Set(node, node.value)
    elif isinstance(node, (ast.Assign, ast.NamedExpr)):
        for targets, value in assignments(node):
            yield from ((target, _Set(node, value)) for target in targets)


def _last_name(decorator: ast.expr) -> str:
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _binds(scope: Scope, name: str) -> bool:
    complete_scope(scope)
    return name in scope.bound


def _is_parameter(name: str, scope: Scope) -> bool:
    arguments = getattr(scope.node, "args", None)
    return arguments is not None and any(one.arg == name for one in parameters(arguments))
