"""Functions of other modules of the project, and what becomes of the arguments of a call of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.object_methods import holder_of
from flake8_naq.linking.callee_modules import ParameterKey
from flake8_naq.linking.modules import Modules
from flake8_naq.linking.summary import callee_in, class_in
from flake8_naq.prescan.callees import Calling, Effect, ImportedFunction
from flake8_naq.prescan.exceptions import ExceptionSet
from flake8_naq.prescan.settled import settled_by
from flake8_naq.syntax.callees import Callee, parameter_of
from flake8_naq.syntax.definition_text import definitions, is_decorated
from flake8_naq.syntax.nodes import dotted
from flake8_naq.syntax.walk import is_generator


def function_in(modules: Modules, path: str, name: str, catalogue: Catalogue, depth: int) -> ImportedFunction | None:
    """Return the function of the module, or the function that the module imports under that name."""
    source = modules.texts.source(path)
    if source is None:
        return None
    first, _, rest = name.partition(".")
    found = [one for one in definitions(source, first) if one["defined"] and not one["indent"]]
    if len(found) == 1:
        plain = bool(found[0]["async"]) and not is_decorated(source, found[0]) and not rest
        return Function(modules, path, name, catalogue, depth, plain)
    if found or depth == 0 or not modules.given_on.may_import(modules.texts, path, first):
        return None
    facts = modules.callees.facts(path, catalogue, depth)
    target = None if facts is None else facts.root.imports.get(first)
    if facts is None or target is None:
        return None
    return facts.imported.function(f"{target}.{rest}" if rest else target)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of another module; what it does with an argument is found out when that is asked for."""

    modules: Modules
    path: str
    name: str
    catalogue: Catalogue
    depth: int
    is_coroutine: bool
    bound: bool = False

    @property
    def place(self) -> str:
        """Where it is defined, as messages name it: `app/clients.py:9`."""
        callee = self._callee()
        line = f":{callee.function.lineno}" if callee is not None else ""
        return f"{self.modules.texts.finder.shown(self.path)}{line}"

    @property
    def is_generator(self) -> bool:
        """Whether a call of it only makes a generator."""
        callee = self._callee()
        return callee is not None and is_generator(callee.function)

    def of_object(self) -> ImportedFunction | None:
        """Return the method that an object of the class has: of `Class.method`, its own or that of a base."""
        facts, (first, _, method) = self._facts(), self.name.partition(".")
        owner = class_in(facts, first) if facts is not None and method else None
        if facts is None or owner is None:
            return None
        holder = holder_of(method, owner, facts.scopes, self.catalogue)
        if isinstance(holder, str):
            inherited = facts.imported.function(f"{holder}.{method}")
            return None if inherited is None else inherited.of_object()
        if holder is None or not isinstance(holder.node, ast.ClassDef):
            return None
        asynchronous = isinstance(holder.functions[method], ast.AsyncFunctionDef)
        return replace(self, name=f"{holder.node.name}.{method}", is_coroutine=asynchronous, bound=True)

    def _facts(self) -> ModuleFacts | None:
        return self.modules.callees.facts(self.path, self.catalogue, self.depth)

    def _callee(self) -> Callee | None:
        facts = self._facts()
        found = None if facts is None else callee_in(facts, self.name)
        if found is None or not self.bound:
            return found
        return found._replace(bound="staticmethod" not in map(dotted, found.function.decorator_list))

    def effect(self, call: ast.Call, key: int | str, resource: Resource | None = None) -> Effect:
        """Return what the function does with the resource at a position or keyword of the call; None: with any."""
        parameter, callee = self._parameter(call, key), self._callee()
        if parameter is None or callee is None:
            return Effect.KEEPS
        effect = self.modules.callees.effect(parameter._replace(resource=resource))
        if effect is not Effect.MAY_RELEASE or resource is None:
            return effect
        settled = settled_by(callee, call, parameter.parameter, resource.ending_methods)
        if not settled:
            return effect
        return self.modules.callees.effect(parameter._replace(resource=resource, settled=settled))

    def may_fail(self, call: ast.Call, key: int | str, resource: Resource) -> bool:
        """Return whether an operation of the resource at a position or keyword of the call may fail in the function."""
        parameter = self._parameter(call, key)
        return parameter is not None and self.modules.callees.fails_on(parameter._replace(resource=resource))

    def raises_on_none(self, call: ast.Call, key: int | str) -> frozenset[ExceptionSet]:
        """Return what the function raises where that argument is None, if it has no normal end then."""
        parameter = self._parameter(call, key)
        return frozenset() if parameter is None else self.modules.callees.failures_on_none(parameter)

    def calling(self, call: ast.Call, key: int | str) -> Calling | None:
        """Return how the function calls that argument, None if it does not return what that returns."""
        facts, callee = self._facts(), self._callee()
        parameter = None if callee is None else parameter_of(callee, call, key)
        if facts is None or callee is None or parameter is None:
            return None
        return facts.callees.callings.of(callee.function, parameter)

    def _parameter(self, call: ast.Call, key: int | str) -> ParameterKey | None:
        callee = self._callee()
        parameter = None if callee is None else parameter_of(callee, call, key)
        if callee is None or parameter is None:
            return None
        return ParameterKey(self.path, self.catalogue, self.depth, callee.function.lineno, parameter)
