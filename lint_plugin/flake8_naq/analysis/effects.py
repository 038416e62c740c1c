"""What a function of the same file does with each parameter: releases it, always or at times, keeps or borrows it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from flake8_naq.analysis.lowering import Lowering
from flake8_naq.analysis.program import ANY, Maker, Origin, Program, Value
from flake8_naq.analysis.solver import Solver
from flake8_naq.analysis.survey import survey
from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.syntax.names import FunctionNode, Names, Scope
from flake8_naq.syntax.walk import is_generator

_MAX_DEPTH = 6


@dataclass(slots=True, eq=False, repr=False)
class Effects:
    """Answers for the callables of one module; each parameter is looked at once."""

    catalogue: Catalogue
    scopes: Mapping[ast.AST, Scope]
    makers: dict[FunctionNode, Maker] = field(default_factory=dict)
    _known: dict[tuple[ast.AST, str], str] = field(default_factory=dict)
    _failing: dict[tuple[ast.AST, str], frozenset[str]] = field(default_factory=dict)
    _depth: int = 0

    def is_local(self, call: ast.Call, names: Names) -> bool:
        """Whether the function called is one of this module."""
        return self._callee(call.func, names.scope) is not None

    def is_coroutine(self, call: ast.Call, names: Names) -> bool:
        """Whether the call only makes a coroutine: it reaches a plain `async def` of this module."""
        found = self._callee(call.func, names.scope)
        return found is not None and isinstance(found[0], ast.AsyncFunctionDef) and not found[0].decorator_list

    def made_by(self, call: ast.Call, names: Names) -> Maker | None:
        """The function of this module that *call* reaches, if that makes a resource."""
        if not self.makers or names.of(call.func) is not None:
            return None
        found = self._callee(call.func, names.scope)
        return None if found is None else self.makers.get(found[0])

    def is_class(self, name: str, scope: Scope) -> bool:
        """Whether the name is a class of this module, as seen from *scope*."""
        return self._class(name, scope) is not None

    def of_argument(self, call: ast.Call, key: int | str, names: Names) -> str:
        """The effect on the argument at a position or keyword of *call*; one whose body is elsewhere keeps it."""
        met = self._parameter(call, key, names)
        return "keeps" if met is None else self._effect(*met)

    def fails_with_none(self, call: ast.Call, key: int | str, names: Names) -> frozenset[str]:
        """What the function called raises where None is given for that argument, if it has no normal end then."""
        met = self._parameter(call, key, names)
        if met is None or met[0].decorator_list or is_generator(met[0]):
            return frozenset()
        if met not in self._failing:
            self._failing[met] = frozenset()  # what a recursive call finds
            self._failing[met] = self._failures(*met)
        return self._failing[met]

    def _parameter(self, call: ast.Call, key: int | str, names: Names) -> tuple[FunctionNode, str] | None:
        """The function of this module that *call* reaches, and its parameter that gets the argument."""
        found = self._callee(call.func, names.scope)
        if found is None or any(isinstance(argument, ast.Starred) for argument in call.args):
            return None
        function, bound = found
        positional = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
        if bound:
            positional = positional[1:]
        if isinstance(key, int):
            return (function, positional[key]) if key < len(positional) else None
        known = key in positional or any(parameter.arg == key for parameter in function.args.kwonlyargs)
        return (function, key) if known else None

    def _callee(self, function: ast.expr, scope: Scope) -> tuple[FunctionNode, bool] | None:
        """The function that a call reaches, and whether its first parameter is bound already."""
        if isinstance(function, ast.Name):
            return self._named(function.id, scope)
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            owner = scope.enclosing_class
            if function.value.id in ("self", "cls") and owner is not None:
                method = _method(owner, function.attr)
                return None if method is None else (method, not _is_decorated(method, "staticmethod"))
            named = self._class(function.value.id, scope)
            method = None if named is None else _method(named, function.attr)
            return None if method is None else (method, _is_decorated(method, "classmethod"))
        return None

    def _class(self, name: str, scope: Scope | None) -> Scope | None:
        """The class of that name, as seen from *scope*."""
        while scope is not None and name not in scope.classes:
            scope = None if name in scope.bound else scope.parent
        return None if scope is None else self.scopes.get(scope.classes[name])

    def _named(self, name: str, scope: Scope | None) -> tuple[FunctionNode, bool] | None:
        first = scope
        while scope is not None:
            if scope is not first and isinstance(scope.node, ast.ClassDef):  # a method does not see its class's names
                scope = scope.parent
                continue
            if name in scope.functions:
                return scope.functions[name], False
            if name in scope.classes:
                inner = self.scopes.get(scope.classes[name])
                constructor = inner.functions.get("__init__") if inner is not None else None
                return None if constructor is None else (constructor, True)
            if name in scope.bound:
                return None
            scope = scope.parent
        return None

    def _effect(self, function: FunctionNode, parameter: str) -> str:
        key = (function, parameter)
        if key in self._known:
            return self._known[key]
        if self._depth >= _MAX_DEPTH:
            return "keeps"
        self._known[key] = "borrows"  # what a recursive call finds
        self._depth += 1
        try:
            effect = self._summarise(function, parameter)
        finally:
            self._depth -= 1
        self._known[key] = effect
        return effect

    def _summarise(self, function: FunctionNode, parameter: str) -> str:
        if self._only_looked_at(function, parameter):
            return "borrows"
        program = self._lowered(function, parameter)
        slot = program.slots.get(parameter)
        if slot is None or slot in program.captured:
            return "keeps"
        effects = {self._effect_on(resource, program, slot, parameter) for resource in self.catalogue.resources}
        return next((effect for effect in ("releases", "may release", "keeps") if effect in effects), "borrows")

    def _only_looked_at(self, function: FunctionNode, parameter: str) -> bool:
        """Whether the body does no more with the parameter than use its attributes, none of them a release."""
        releases = {name for resource in self.catalogue.resources for name in resource.release_methods}
        allowed: set[int] = set()
        uses: list[int] = []
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr not in releases:
                allowed.add(id(node.value))
            elif isinstance(node, ast.Name) and node.id == parameter:
                uses.append(id(node))
        return allowed.issuperset(uses)

    def _effect_on(self, resource: Resource, program: Program, slot: int, parameter: str) -> str:
        origin = Origin(-1, None, resource, opened=True, name=parameter)
        trace = Solver(program, origin, self.catalogue.kinds, given=slot).run()
        if trace.released or trace.managed:
            return "may release" if any(not leak.exceptional for leak in trace.leaks) else "releases"
        return "keeps" if trace.handed or trace.sites or not trace.complete else "borrows"

    def _failures(self, function: FunctionNode, parameter: str) -> frozenset[str]:
        program = self._lowered(function, parameter)
        slot = program.slots.get(parameter)
        if slot is None:
            return frozenset()
        nothing = Origin(-1, None, self.catalogue.resources[0], opened=True, name=parameter)
        solver = Solver(program, nothing, self.catalogue.kinds, given=slot, brings=Value.NONE)
        if not solver.run().complete or solver.returned:
            return frozenset()
        return frozenset(raised if isinstance(raised, str) else ANY for raised in solver.raised)

    def _lowered(self, function: FunctionNode, parameter: str) -> Program:
        scope = self.scopes[function]
        names = Names(scope, self.catalogue.known)
        looked = survey(function, scope, names, self.catalogue, self, (parameter,))
        looked.flags.clear()  # which path it is does not matter here
        looked.facts.clear()
        return Lowering(function, scope, names, self.catalogue, looked, self).build(function.body)


def _method(owner: Scope, name: str) -> FunctionNode | None:
    return owner.functions.get(name)


def _is_decorated(function: FunctionNode, by: str) -> bool:
    return any(isinstance(d, ast.Name) and d.id == by for d in function.decorator_list)
