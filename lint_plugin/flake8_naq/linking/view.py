"""What one module imports from others of its project, as the analysis of the module asks for it: `prescan.Imported`."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from types import MappingProxyType
from typing import Final

from flake8_naq.catalogue.library import ships
from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.linking.callee_modules import ParameterKey
from flake8_naq.linking.exports import NOTHING, Exports
from flake8_naq.linking.modules import Modules
from flake8_naq.linking.summary import callee_in, class_in, fields_in
from flake8_naq.prescan.callees import Calling, Effect, Factory, Imported, MadeObject, NothingImported
from flake8_naq.prescan.exceptions import ExceptionSet
from flake8_naq.prescan.owner_classes import OwnerClass
from flake8_naq.prescan.settled import settled_by
from flake8_naq.rules.attribute_releases import may_be_released
from flake8_naq.rules.kept_by_classes import kept_names
from flake8_naq.syntax.callees import Callee, parameter_of
from flake8_naq.syntax.definition_text import definitions, is_decorated
from flake8_naq.syntax.names import ModuleScopes, absolute_module, bound_name
from flake8_naq.syntax.new_objects import makers_of

_CLASS: Final = re.compile(rb"^class[ \t]+(\w+)(?![\x80-\xff])", re.MULTILINE)
_NOTHING_MADE: Final[Mapping[str, Factory]] = MappingProxyType({})


def view(
    modules: Modules,
    path: str,
    source: bytes,
    scopes: ModuleScopes,
    catalogue: Catalogue,
    rounds: int,
    depth: int,
    made: Mapping[str, Factory] = _NOTHING_MADE,
) -> Imported:
    """Return what a module imports: what makes a resource in `rounds` rounds, or is `made`, and calls up to `depth`."""
    if not scopes.imports or not (rounds or depth):
        return NothingImported()
    targets = _targets(modules, path, scopes)
    hidden = _hidden(modules, path, scopes, targets, catalogue)
    if not any(targets.values()) and not hidden:
        return NothingImported()
    given_on = _given_on(modules, scopes, targets, catalogue) if depth else {}
    given = partial(modules.exports.given, source, path, rounds)
    return View(modules, given, scopes, targets, catalogue, depth, hidden, given_on, made)


def _given_on(
    modules: Modules, scopes: ModuleScopes, targets: Mapping[str, str | None], catalogue: Catalogue
) -> dict[str, str]:
    """Return the names that modules of the project import from libraries, and this module from them."""
    found: dict[str, str] = {}
    for target in {target for scope in scopes.by_node.values() for target in scope.imports.values()}:
        module, _, name = target.rpartition(".")
        path = targets.get(module)
        if path is not None and target.partition(".")[0] not in catalogue.roots:
            library = modules.given_on.library_name(modules.texts, path, name, catalogue.roots)
            if library is not None:
                found[target] = library
    return found


def _hidden(
    modules: Modules, path: str, scopes: ModuleScopes, targets: Mapping[str, str | None], catalogue: Catalogue
) -> frozenset[str]:
    """Return the libraries in whose place a file of the project is imported, which defines what is called of them.

    A file `nats.py` without a `connect` cannot be what `nats.connect` means. A name that does not ship is the project's
    own: it means the project's file.
    """
    beside = modules.texts.finder.hiding(path)
    imported = {target.partition(".")[0] for scope in scopes.by_node.values() for target in scope.imports.values()}
    found: set[str] = set()
    for library in (imported & catalogue.roots) - _own_roots(catalogue):
        place = beside.get(library) or targets.get(library)
        if place is not None and os.path.basename(place) == f"{library}.py" and place != os.path.abspath(path):
            names = (name.split(".")[1] for name in catalogue.called if name.startswith(f"{library}."))
            source = modules.texts.source(place) or b""
            if any(not found["indent"] for one in set(names) for found in definitions(source, one)):
                found.add(library)
    return frozenset(found)


def _own_roots(catalogue: Catalogue) -> set[str]:
    """Return the first names of what the project declares, and of its owner classes."""
    own = (one for one in catalogue.resources if not ships(one))
    return {name.partition(".")[0] for one in own for name in (*one.acquire, *one.construct)}


class View:
    """The imports of one module. `targets` has the path of each imported module by its canonical name.

    `given` returns what the modules give to this one, by their paths. `hidden` are the libraries whose names mean a
    module of the project, `given_on` the imported names that come from a library. `made` has functions that make a
    resource besides what is given.
    """

    def __init__(
        self,
        modules: Modules,
        given: Callable[[], Mapping[str, Exports]],
        scopes: ModuleScopes,
        targets: Mapping[str, str | None],
        catalogue: Catalogue,
        depth: int,
        hidden: frozenset[str] = frozenset(),
        given_on: Mapping[str, str] = MappingProxyType({}),
        made: Mapping[str, Factory] = _NOTHING_MADE,
    ) -> None:
        self.hidden = hidden
        self.given_on = given_on
        self._modules = modules
        self._find_given = given
        self._scopes = scopes
        self._targets = targets
        self._catalogue = catalogue
        self._depth = depth
        self._made = made
        self._functions: dict[str, Function | None] = {}
        self._coroutines: dict[str, bool] = {}

    @cached_property
    def _given(self) -> Mapping[str, Exports]:
        return self._find_given()

    @cached_property
    def called(self) -> Mapping[str, set[str]]:
        """The last names of calls that may make a resource; the object before the name may be any."""
        paths = {path for path in self._targets.values() if path is not None}
        made = (*self._made, *(name for path in paths for name in self._exports(path).factories))
        names = {name.rpartition(".")[2] for name in made}
        if not names:
            return {}
        aliases = (item for scope in self._scopes.by_node.values() for item in scope.imports.items())
        names.update(alias for alias, target in aliases if self.factory(target) is not None)
        return {name: {""} for name in names}

    @cached_property
    def starred(self) -> Mapping[str, str]:
        """The canonical names of what makes a resource, and of classes, that come by `from module import *`."""
        found: dict[str, str] = {}
        for module in self._scopes.root.stars:
            path = self._targets.get(module)
            if path is not None:
                names = {name.partition(".")[0] for name in self._exports(path).factories}
                names.update(map(bytes.decode, _CLASS.findall(self._modules.texts.source(path) or b"")))
                found |= {name: f"{module}.{name}" for name in names if not name.startswith("_")}
            elif module.partition(".")[0] not in sys.stdlib_module_names:
                found = {}  # it may bring other things by the same names
        return found

    @cached_property
    def owners(self) -> Mapping[str, OwnerClass]:
        """The imported classes whose objects own a resource, by their canonical names."""
        places = [(module, path) for module, path in self._targets.items() if path is not None]
        found = {
            f"{module}.{name}": owner for module, path in places for name, owner in self._exports(path).owners.items()
        }
        return {name: owner for name, owner in found.items() if name not in self._doubtful}

    @cached_property
    def objects(self) -> Mapping[str, MadeObject]:
        """The imported functions that make an object of such a class, by their canonical names."""
        places = [(module, path) for module, path in self._targets.items() if path is not None]
        found = {
            f"{module}.{name}": one for module, path in places for name, one in self._exports(path).objects.items()
        }
        return {name: one for name, one in found.items() if name not in self._doubtful}

    def _exports(self, path: str) -> Exports:
        return self._given.get(path, NOTHING)

    def factory(self, name: str) -> Factory | None:
        """Return the imported function of that name if it makes a resource."""
        if name in self._made:
            return self._made[name]
        for path, rest in self._places(name):
            factory = self._exports(path).factories.get(rest)
            if factory is not None:
                return factory
        return None

    def methods(self, name: str) -> Mapping[str, Factory]:
        """Return the methods of the imported class of that name that make a resource."""
        for path, rest in self._places(name):
            factories = self._exports(path).factories
            found = {
                one.removeprefix(f"{rest}."): made for one, made in factories.items() if one.startswith(f"{rest}.")
            }
            if found:
                return found
        return {}

    def function(self, name: str) -> Function | None:
        """Return the imported function of that name, or the constructor of the imported class."""
        if not self._depth:
            return None
        if name not in self._functions:
            found = (
                _function(self._modules, path, rest, self._catalogue, self._depth - 1)
                for path, rest in self._places(name)
            )
            self._functions[name] = next(filter(None, found), None)
        return self._functions[name]

    def is_coroutine(self, name: str) -> bool:
        """Return whether a call of the imported function of that name only makes a coroutine."""
        if name not in self._coroutines:
            given_on, depth = self._modules.given_on, self._depth
            places = self._places(name) if depth else ()
            may_be = any(given_on.may_be_coroutine(self._modules.texts, *place, depth) for place in places)
            function = self.function(name) if may_be else None
            self._coroutines[name] = function is not None and function.is_coroutine
        return self._coroutines[name]

    def may_release(self, name: str, attribute: str, resource: Resource) -> bool:
        """Return whether the imported class of that name may release the attribute of `self`, or is not known."""
        for place, given in self._places(name) if self._depth else ():
            path, rest = self._modules.given_on.origin(self._modules.texts, place, given)
            facts = self._modules.callees.facts(path, self._catalogue, self._depth - 1)
            owner = None if facts is None else class_in(facts, rest)
            if facts is not None and owner is not None:
                return may_be_released(facts, owner, attribute, resource)
            target = None if facts is None else facts.root.imports.get(rest)
            if facts is not None and target is not None:
                return facts.imported.may_release(target, attribute, resource)
        return True

    def kept_names(self, name: str, call: ast.Call, key: int | str, resource: Resource) -> frozenset[str] | None:
        """Return the names by which an object that `call` makes of the imported class has the resource at `key`.

        None if the object may close the resource, or give it to code that may.
        """
        for place, given in self._places(name) if self._depth else ():
            path, rest = self._modules.given_on.origin(self._modules.texts, place, given)
            facts = self._modules.callees.facts(path, self._catalogue, self._depth - 1)
            owner = None if facts is None else class_in(facts, rest)
            return None if facts is None or owner is None else kept_names(facts, owner, call, key, resource)
        return None

    def fields(self, name: str) -> Mapping[str, str] | None:
        """Return the attributes in which objects of the imported class keep the arguments, by the parameters.

        None if the class does more than to keep them.
        """
        for path, rest in self._places(name) if self._depth else ():
            facts = self._modules.callees.facts(path, self._catalogue, self._depth - 1)
            found = None if facts is None else fields_in(facts, rest)
            target = None if facts is None else facts.root.imports.get(rest)
            if facts is None or found is not None or target is None:
                return found
            return facts.imported.fields(target)
        return None

    def is_found(self, name: str) -> bool:
        """Return whether the module of the imported name is one of the project."""
        return any(True for _ in self._places(name))

    def instance(self, name: str, steps: int, *, called: bool, awaited: bool) -> str | None:
        """Return the class of the imported name's value, or of what a call of the name returns, where it is known."""
        for path, rest in self._places(name) if self._depth and steps else ():
            facts = self._modules.callees.facts(path, self._catalogue, self._depth - 1)
            if facts is not None and rest.count(".") <= (not called):
                return facts.callees.instances.in_module(rest, steps, called=called, awaited=awaited)
        return None

    def class_made(self, name: str) -> str | None:
        """Return the canonical name of the imported class of which the class method of that name makes an object."""
        made, _, method = name.rpartition(".")
        for path, rest in self._places(name) if self._depth else ():
            facts = self._modules.callees.facts(path, self._catalogue, self._depth - 1) if "." in rest else None
            owner = None if facts is None else class_in(facts, rest.rpartition(".")[0])
            if owner is not None and method in makers_of(owner):
                return made
        return None

    def _places(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the paths of the modules in which the name may be defined, with what is left of the name."""
        if any(name == one or name.startswith(f"{one}.") for one in self._doubtful):
            return
        module, rest = name, ""
        while "." in module:
            module, _, last = module.rpartition(".")
            rest = f"{last}.{rest}" if rest else last
            path = self._targets.get(module)
            if path is not None:
                yield path, rest

    @cached_property
    def _doubtful(self) -> frozenset[str]:
        """The canonical names behind names of the file that have another meaning elsewhere in the file."""
        meanings: dict[str, set[str]] = {}
        for node in self._scopes.imports:
            for alias, target in _bindings(node, self._scopes):
                meanings.setdefault(alias, set()).add(target)
        bound = {name for scope in self._scopes.by_node.values() for name in scope.imports.keys() & scope.bound}
        doubtful = (targets for alias, targets in meanings.items() if len(targets) > 1 or alias in bound)
        return frozenset(target for targets in doubtful for target in targets)


class Function:
    """A function of another module; what it does with an argument is found out when that is asked for."""

    def __init__(
        self, modules: Modules, path: str, name: str, catalogue: Catalogue, depth: int, *, is_coroutine: bool
    ) -> None:
        self._modules = modules
        self._path = path
        self._name = name
        self._catalogue = catalogue
        self._depth = depth
        self.is_coroutine = is_coroutine

    @property
    def place(self) -> str:
        """Where it is defined, as messages name it: `app/clients.py:9`."""
        callee = self._callee()
        line = f":{callee.function.lineno}" if callee is not None else ""
        return f"{self._modules.texts.finder.shown(self._path)}{line}"

    def _callee(self) -> Callee | None:
        facts = self._modules.callees.facts(self._path, self._catalogue, self._depth)
        return None if facts is None else callee_in(facts, self._name)

    def effect(self, call: ast.Call, key: int | str, resource: Resource | None = None) -> Effect:
        """Return what the function does with the resource at a position or keyword of the call; None: with any."""
        parameter, callee = self._parameter(call, key), self._callee()
        if parameter is None or callee is None:
            return Effect.KEEPS
        effect = self._modules.callees.effect(parameter._replace(resource=resource))
        if effect is not Effect.MAY_RELEASE or resource is None:
            return effect
        settled = settled_by(callee, call, parameter.parameter, resource.ending_methods)
        if not settled:
            return effect
        return self._modules.callees.effect(parameter._replace(resource=resource, settled=settled))

    def raises_on_none(self, call: ast.Call, key: int | str) -> frozenset[ExceptionSet]:
        """Return what the function raises where that argument is None, if it has no normal end then."""
        parameter = self._parameter(call, key)
        return frozenset() if parameter is None else self._modules.callees.failures_on_none(parameter)

    def calling(self, call: ast.Call, key: int | str) -> Calling | None:
        """Return how the function calls that argument, None if it does not return what that returns."""
        facts = self._modules.callees.facts(self._path, self._catalogue, self._depth)
        callee = None if facts is None else callee_in(facts, self._name)
        parameter = None if callee is None else parameter_of(callee, call, key)
        if facts is None or callee is None or parameter is None:
            return None
        return facts.callees.callings.of(callee.function, parameter)

    def _parameter(self, call: ast.Call, key: int | str) -> ParameterKey | None:
        callee = self._callee()
        parameter = None if callee is None else parameter_of(callee, call, key)
        if callee is None or parameter is None:
            return None
        return ParameterKey(self._path, self._catalogue, self._depth, callee.function.lineno, parameter)


def _function(modules: Modules, path: str, name: str, catalogue: Catalogue, depth: int) -> Function | None:
    """Return the function of the module, or the function that the module imports under that name."""
    source = modules.texts.source(path)
    if source is None:
        return None
    first, _, rest = name.partition(".")
    found = [one for one in definitions(source, first) if one["defined"] and not one["indent"]]
    if len(found) == 1:
        plain = bool(found[0]["async"]) and not is_decorated(source, found[0]) and not rest
        return Function(modules, path, name, catalogue, depth, is_coroutine=plain)
    if found or depth == 0 or not modules.given_on.may_import(modules.texts, path, first):
        return None
    facts = modules.callees.facts(path, catalogue, depth)
    target = None if facts is None else facts.root.imports.get(first)
    if facts is None or target is None or not isinstance(facts.imported, View):
        return None
    return facts.imported.function(f"{target}.{rest}" if rest else target)


def _bindings(node: ast.Import | ast.ImportFrom, scopes: ModuleScopes) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, with what each stands for."""
    if isinstance(node, ast.Import):
        yield from ((bound_name(alias), alias.name if alias.asname else bound_name(alias)) for alias in node.names)
        return
    module = absolute_module(node, scopes.package() if node.level else "")
    yield from ((alias.asname or alias.name, f"{module}.{alias.name}") for alias in node.names if alias.name != "*")


def _targets(modules: Modules, path: str, scopes: ModuleScopes) -> dict[str, str | None]:
    """Return the path of each module of the project that is imported; None where one name means two modules."""
    found: dict[str, str | None] = {}
    for node in scopes.imports:
        for name, target in _imported_modules(modules, path, node, scopes):
            if target is not None:
                found[name] = target if found.get(name, target) == target else None
    return found


def _imported_modules(
    modules: Modules, path: str, node: ast.Import | ast.ImportFrom, scopes: ModuleScopes
) -> Iterator[tuple[str, str | None]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            parts = alias.name.split(".")
            names = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
            yield from ((name, modules.texts.find(0, name, path)) for name in names)
        return
    canonical = absolute_module(node, scopes.package() if node.level else "")
    yield canonical, modules.texts.find(node.level, node.module or "", path)
    for alias in node.names:
        inner = f"{node.module}.{alias.name}" if node.module else alias.name
        yield f"{canonical}.{alias.name}", modules.texts.find(node.level, inner, path)
