"""Names of what acquires a resource that calls return: `connect = nats.connect`, `Session = sessionmaker(engine)`.

A function of the project may return such a function: `get_session_maker(config)()`. An attribute of a class may have
one: `self.Session = sessionmaker(engine)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Catalogue, Maker
from flake8_naq.facts.doubles import has_doubles
from flake8_naq.prescan.callees import MAKES_FUNCTION, Factory, Imported
from flake8_naq.prescan.instances import SAME_ANSWER
from flake8_naq.prescan.owner_classes import UNCERTAIN
from flake8_naq.syntax.bindings import binds_once, bound_names, stored_values
from flake8_naq.syntax.callees import Scopes, callee_of, class_named, line_of_bases
from flake8_naq.syntax.names import FunctionNode, ModuleScopes, Names, Scope, owner_of
from flake8_naq.syntax.nodes import dotted, is_none, last_name, without_call
from flake8_naq.syntax.own_object import own_attribute
from flake8_naq.syntax.walk import is_generator, scope_nodes, walk_scope

_FOLLOWED: Final = 3  # functions and names, one behind the other
_ASSIGNING: Final = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For, ast.AsyncFor)


class _Given(NamedTuple):
    """A value that a name or an attribute gets, and the scope in which it is written."""

    value: ast.expr | None
    scope: Scope


class MadeFunctions:
    """Answers for one module. What such a function acquires is known by its canonical name, empty if there is none."""

    def __init__(self, catalogue: Catalogue, scopes: Scopes, imported: Imported, text: str) -> None:
        """`text` is that of the module."""
        self._catalogue = catalogue
        self._scopes = scopes
        self._imported = imported
        self._text = text

    @cached_property
    def may_matter(self) -> bool:
        """Whether the module seems to call what makes such functions: of a library, or of the project."""
        if any(f"{name.rpartition('.')[2]}(" in self._text for name in self._catalogue.makers):
            return True
        return MAKES_FUNCTION in self._imported.called

    def acquired_by(self, value: ast.expr, names: Names, steps: int = _FOLLOWED) -> str:
        """Return what the function acquires that the value, a call, returns."""
        if not isinstance(value, ast.Call) or not steps:
            return ""
        called = names.of(value.func)
        if called is None:
            callee = callee_of(value.func, names.scope, self._scopes)
            return "" if callee is None else self._returned_by(callee.function, steps - 1)
        maker = self._catalogue.makers.get(called)
        if maker is not None:
            return self._of_class(value, maker, names) if maker.argument else maker.acquired
        made = self._imported.factory(f"{called}.{MAKES_FUNCTION}")
        return "" if made is None else made.acquired_by

    def _of_class(self, call: ast.Call, maker: Maker, names: Names) -> str:
        """Return what the class acquires that the call names, or the one that the maker has for itself."""
        if any(keyword.arg is None for keyword in call.keywords):
            return ""
        given = next((one.value for one in call.keywords if one.arg == maker.argument), None)
        named = maker.acquired if given is None else names.of(given)
        if named is not None and named in self._catalogue.acquire:
            return named
        imported = self._imported.factory(named) if named is not None else None
        if imported is not None:
            return imported.acquired_by
        return self._derived_from(given, names) if isinstance(given, ast.Name) else ""

    def _derived_from(self, name: ast.Name, names: Names) -> str:
        """Return what a class of the file acquires that changes nothing of how its base is opened and closed."""
        owner = class_named(name.id, names.scope, self._scopes)
        line = [] if owner is None else list(line_of_bases(owner, self._scopes))
        own = [one for one in line if isinstance(one, Scope)]
        others = [one for one in line if isinstance(one, ast.expr)]
        base = names.of(others[0]) if len(others) == 1 else None
        resource = self._catalogue.acquire.get(base or "")
        if base is None or resource is None:
            return ""
        changed = {"__init__", *UNCERTAIN, *resource.ending_methods}
        return "" if any(not changed.isdisjoint(one.bound) for one in own) else base

    def _returned_by(self, function: FunctionNode, steps: int) -> str:
        """Return what the function acquires that a function of the module returns."""
        scope, decorators = self._scopes.get(function), function.decorator_list
        same = all(last_name(without_call(one)) in SAME_ANSWER for one in decorators)
        if scope is None or isinstance(function, ast.AsyncFunctionDef) or not same:
            return ""
        values = [_Given(node.value, scope) for node in scope_nodes(function, ast.Return)]
        return "" if is_generator(function) else self._common(values, steps)

    def _common(self, given: list[_Given], steps: int) -> str:
        """Return what all of the values acquire when they are called; one that is None cannot be called."""
        known = [one for one in given if one.value is not None and not is_none(one.value)]
        found = {self._held(one.value, one.scope, steps) for one in known if one.value is not None}
        return found.pop() if len(found) == 1 else ""

    def _held(self, value: ast.expr, scope: Scope, steps: int) -> str:
        """Return what a call of the value acquires."""
        if isinstance(value, ast.Name) and steps:
            return self._of_name(value.id, scope, steps - 1)
        return self.acquired_by(value, Names(scope, self._catalogue.known), steps)

    def _of_name(self, name: str, scope: Scope, steps: int) -> str:
        """Return what a call of a variable acquires: it always has such a function, or None."""
        owner, found = owner_of(name, scope), list[_Given]()
        for one in self._scopes.values() if owner is not None else ():
            if one is owner or name in one.outer:
                nodes = list(walk_scope(one.node))
                given = [_Given(value, one) for target, value in _stored(nodes) if dotted(target) == name]
                if any(value is None for value, _ in given):
                    return ""
                if sum(name in bound_names(node) for node in nodes) != len(given):
                    return ""
                found += given
        return self._common(found, steps)

    def in_scopes(self) -> dict[str, int]:
        """Give each name that always holds such a function the meaning of what the function acquires.

        Return those of the module, with the lines that make them.
        """
        found: dict[str, int] = {}
        every = [one for scope in self._scopes.values() for one in self._candidates(scope)] if self.may_matter else []
        made = {(owner, name): self._of_name(name, owner, _FOLLOWED) for owner, name, _ in every}
        for owner, name, line in every:
            if made[owner, name]:
                owner.imports = {**owner.imports, name: made[owner, name]}
                found |= {name: line} if owner.parent is None else {}
        return found

    def _candidates(self, scope: Scope) -> Iterator[tuple[Scope, str, int]]:
        """Yield the names that get such a function in a scope, with the scopes that have them and the lines."""
        names = Names(scope, self._catalogue.known)
        for node in scope_nodes(scope.node, ast.Assign, ast.AnnAssign):
            for target, value in stored_values(node):
                if isinstance(target, ast.Name) and value is not None and self.acquired_by(value, names):
                    owner = owner_of(target.id, scope)
                    if owner is not None:
                        yield owner, target.id, value.lineno

    def returned(self, function: FunctionNode) -> Factory | None:
        """Return what a call of the function makes that a function of the module returns."""
        acquired = self._returned_by(function, _FOLLOWED) if self.may_matter else ""
        return self._factory(function.name, acquired, function.lineno)

    @cached_property
    def attributes(self) -> Set[str]:
        """The attributes that some class always sets to such a function."""
        return {name for one in self._by_class.values() for name in one}

    def of_class(self, owner: Scope) -> Mapping[str, Factory]:
        """Return by their names what calls of such attributes of a class of the module make."""
        return self._by_class.get(owner, {})

    @cached_property
    def _by_class(self) -> Mapping[Scope, Mapping[str, Factory]]:
        candidates, given = dict[tuple[Scope, str], int](), dict[str, list[_Given]]()
        for scope in self._scopes.values() if self.may_matter else ():
            owner, names = scope.enclosing_class, Names(scope, self._catalogue.known)
            for target, value in _stored(scope_nodes(scope.node, *_ASSIGNING)) if owner is not None else ():
                name = dotted(target) if scope is owner else own_attribute(target)
                if name and owner is not None:
                    given.setdefault(name, []).append(_Given(value, scope))
                    if value is not None and self.acquired_by(value, names):
                        candidates.setdefault((owner, name), value.lineno)
        methods = {name for scope in self._scopes.values() for name in scope.functions} if candidates else set()
        found = dict[Scope, dict[str, Factory]]()
        for (owner, name), line in candidates.items():
            alone = name not in methods and all(one.value is not None for one in given[name])
            made = self._factory(name, self._common(given[name], _FOLLOWED), line) if alone else None
            if made is not None:
                found.setdefault(owner, {})[name] = made
        return found

    def _factory(self, name: str, acquired: str, line: int) -> Factory | None:
        resource = self._catalogue.acquire.get(acquired)
        if resource is None:
            return None
        return Factory(name, resource, False, line, acquired, may_be_none=False, alike=True)


def _stored(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    return (pair for node in nodes for pair in stored_values(node))


def name_again(scopes: ModuleScopes, catalogue: Catalogue, text: str) -> None:
    """Give each name that always holds what acquires a resource, or makes a client, the meaning of that.

    A file that mentions mocks or patches is left out: there, `real_connect = nats.connect` is what a double calls.
    """
    for scope, name, value in scopes.renamings:
        meant = Names(scope, catalogue.known).of(value)
        if meant is None or not (meant in catalogue.acquire or meant in catalogue.construct):
            continue
        if has_doubles(text):
            return
        declared = any(name in other.outer for other in scopes.by_node.values())
        if binds_once(name, walk_scope(scope.node)) and not declared:
            scope.imports = {**scope.imports, name: meant}
