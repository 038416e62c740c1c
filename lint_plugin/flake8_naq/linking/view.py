"""What one module imports from others of its project, as the analysis of the module asks for it: `prescan.Imported`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from types import MappingProxyType
from typing import Final, TypeVar

from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.facts.held import DATA_CLASS
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.linking.exports import NOTHING, Exports
from flake8_naq.linking.import_targets import ImportTargets, hidden_libraries, library_names
from flake8_naq.linking.imported_functions import function_in
from flake8_naq.linking.modules import Modules
from flake8_naq.linking.shared_objects import shared_by_class
from flake8_naq.linking.summary import callee_in, class_in, fields_in
from flake8_naq.prescan.callees import MAKES_FUNCTION, Factory, Imported, ImportedFunction, MadeObject, NothingImported
from flake8_naq.prescan.owner_classes import OwnerClass
from flake8_naq.rules.attribute_releases import Among, may_be_released
from flake8_naq.rules.kept_by_classes import kept_by_maker, kept_names
from flake8_naq.rules.lost_before_returned import loses_what_it_gets
from flake8_naq.syntax.definition_text import defined_in
from flake8_naq.syntax.names import ModuleScopes
from flake8_naq.syntax.new_objects import makers_of

T = TypeVar("T")
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
    if not scopes.imports or not depth:
        return NothingImported()
    targets = ImportTargets(modules, path, scopes)
    hidden = hidden_libraries(modules, path, scopes, targets, catalogue)
    if not any(targets.paths.values()) and not hidden:
        return NothingImported()
    given_on = library_names(modules, scopes, targets, catalogue) if depth else {}
    given = partial(modules.exports.given, source, path, rounds)
    return View(modules, given, scopes, targets, catalogue, depth, hidden, given_on, made)


class View:
    """The imports of one module. `targets` are the modules that it imports.

    `given` returns what the modules give to this one, by their paths. `hidden` are the libraries whose names mean a
    module of the project, `given_on` the imported names that come from a library. `made` has functions that make a
    resource besides what is given.
    """

    def __init__(
        self,
        modules: Modules,
        given: Callable[[], Mapping[str, Exports]],
        scopes: ModuleScopes,
        targets: ImportTargets,
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
        self._factories: dict[str, Factory | None] = {}
        self._functions: dict[str, ImportedFunction | None] = {}
        self._coroutines: dict[str, bool] = {}

    @cached_property
    def _given(self) -> Mapping[str, Exports]:
        return self._find_given()

    @cached_property
    def called(self) -> Mapping[str, set[str]]:
        """The last names of calls that may make a resource; the object before the name may be any."""
        paths = {path for path in self._targets.paths.values() if path is not None}
        made = (*self._made, *(name for path in paths for name in self._given.get(path, NOTHING).factories))
        names = {part for name in made for part in _called_parts(name)}
        if not names:
            return {}
        aliases = (item for scope in self._scopes.by_node.values() for item in scope.imports.items())
        ends = ("", f".{MAKES_FUNCTION}") if MAKES_FUNCTION in names else ("",)
        names.update(alias for alias, target in aliases if any(self.factory(f"{target}{end}") for end in ends))
        return {name: {""} for name in names}

    @cached_property
    def starred(self) -> Mapping[str, str]:
        """The canonical names of what makes a resource, and of classes, that come by `from module import *`."""
        found: dict[str, str] = {}
        for module in self._scopes.root.stars:
            path = self._targets.paths.get(module)
            if path is not None:
                names = {name.partition(".")[0] for name in self._given.get(path, NOTHING).factories}
                text = (self._modules.texts.source(path) or b"").decode("utf-8", "replace")
                names.update(one.name for one in defined_in(text) if one.is_class and not one.indent)
                found |= {name: f"{module}.{name}" for name in names if not name.startswith("_")}
            elif module.partition(".")[0] not in sys.stdlib_module_names:
                found = {}  # it may bring other things by the same names
        return found

    @cached_property
    def owners(self) -> Mapping[str, OwnerClass]:
        """The imported classes whose objects own a resource, by their canonical names."""
        return _by_canonical_names(self._targets, self._given, lambda exports: exports.owners)

    @cached_property
    def objects(self) -> Mapping[str, MadeObject]:
        """The imported functions that make an object of such a class, by their canonical names."""
        return _by_canonical_names(self._targets, self._given, lambda exports: exports.objects)

    def factory(self, name: str) -> Factory | None:
        """Return the imported function of that name if it makes a resource."""
        if name not in self._factories:  # each call in the file asks, some many times
            found = (self._given.get(path, NOTHING).factories.get(rest) for path, rest in self._targets.places(name))
            self._factories[name] = self._made.get(name) or next(filter(None, found), None)
        return self._factories[name]

    def methods(self, name: str) -> Mapping[str, Factory]:
        """Return the methods of the imported class of that name that make a resource."""
        for path, rest in self._targets.places(name):
            factories = self._given.get(path, NOTHING).factories
            found = {
                one.removeprefix(f"{rest}."): made for one, made in factories.items() if one.startswith(f"{rest}.")
            }
            if found:
                return found
        return {}

    def function(self, name: str) -> ImportedFunction | None:
        """Return the imported function of that name, or the constructor of the imported class."""
        if not self._depth:
            return None
        if name not in self._functions:
            found = (
                function_in(self._modules, path, rest, self._catalogue, self._depth - 1)
                for path, rest in self._targets.places(name)
            )
            self._functions[name] = next(filter(None, found), None)
        return self._functions[name]

    def is_coroutine(self, name: str) -> bool:
        """Return whether a call of the imported function of that name only makes a coroutine."""
        if name not in self._coroutines:
            given_on, depth = self._modules.given_on, self._depth
            places = self._targets.places(name) if depth else ()
            may_be = any(given_on.may_be_coroutine(self._modules.texts, *place, depth) for place in places)
            function = self.function(name) if may_be else None
            self._coroutines[name] = function is not None and function.is_coroutine
        return self._coroutines[name]

    def may_release(self, name: str, attribute: str, resource: Resource, *, introduced: bool = False) -> bool:
        """Return whether the imported class of that name may release the attribute of `self`, or is not known.

        A class that derives from it may have `introduced` the attribute.
        """
        for facts, rest in self._origins(name):
            owner = class_in(facts, rest, DATA_CLASS)
            if owner is not None:
                line = Among(facts.hierarchy.line(owner))
                return may_be_released(facts, owner, attribute, resource, among=line, introduced=introduced)
            target = facts.root.imports.get(rest)
            if target is not None:
                return facts.imported.may_release(target, attribute, resource, introduced=introduced)
        return True

    def kept_names(self, name: str, call: ast.Call, key: int | str, resource: Resource) -> frozenset[str] | None:
        """Return the names by which an object that `call` makes of the imported class has the resource at `key`.

        None if the object may close the resource, or give it to code that may.
        """
        for facts, rest in self._origins(name):
            owner = class_in(facts, rest, DATA_CLASS)
            if owner is not None:
                return kept_names(facts, owner, call, key, resource)
            maker = callee_in(facts, rest)
            return None if maker is None else kept_by_maker(facts, maker, call, key, resource)
        return None

    def loses(self, name: str, call: ast.Call, key: int | str, resource: Resource, methods: frozenset[str]) -> bool:
        """Return whether an object that `call` makes of the imported class is dropped with the resource at `key`.

        That is where one of the methods fails: the object closes the resource only when it is told.
        """
        for facts, rest in self._origins(name):
            owner = class_in(facts, rest, DATA_CLASS)
            return owner is not None and loses_what_it_gets(facts, owner, call, key, resource, methods)
        return False

    def fields(self, name: str) -> Mapping[str, str] | None:
        """Return the attributes in which objects of the imported class keep the arguments, by the parameters.

        None if the class does more than to keep them.
        """
        for facts, rest in self._read(self._targets.places(name)):
            found, target = fields_in(facts, rest), facts.root.imports.get(rest)
            return found if found is not None or target is None else facts.imported.fields(target)
        return None

    def shared_by_class(self, name: str, attributes: frozenset[str]) -> frozenset[str] | None:
        """Return the methods of the imported base that give its object to other code.

        None if the base may open, close or replace what is in these attributes, or is not known.
        """
        for facts, rest in self._origins(name):
            owner = class_in(facts, rest)
            return None if owner is None else shared_by_class(facts, owner, attributes)
        return None

    def is_found(self, name: str) -> bool:
        """Return whether the module of the imported name is one of the project."""
        return any(True for _ in self._targets.places(name))

    def instance(self, name: str, steps: int, *, called: bool, awaited: bool) -> str | None:
        """Return the class of the imported name's value, or of what a call of the name returns, where it is known."""
        for facts, rest in self._read(self._targets.places(name)) if steps else ():
            return facts.callees.instances.in_module(rest, steps, called=called, awaited=awaited)
        return None

    def class_made(self, name: str) -> str | None:
        """Return the canonical name of the imported class of which the class method of that name makes an object."""
        made, _, method = name.rpartition(".")
        for facts, rest in self._read((path, rest) for path, rest in self._targets.places(name) if "." in rest):
            owner = class_in(facts, rest.rpartition(".")[0])
            if owner is not None and method in makers_of(owner):
                return made
        return None

    def _origins(self, name: str) -> Iterator[tuple[ModuleFacts, str]]:
        """Yield the modules that define the name, whichever modules it comes through, with what is left of the name."""
        origin, texts = self._modules.given_on.origin, self._modules.texts
        yield from self._read(origin(texts, path, rest) for path, rest in self._targets.places(name))

    def _read(self, places: Iterable[tuple[str, str]]) -> Iterator[tuple[ModuleFacts, str]]:
        """Yield the facts of those modules that can be read, if calls are followed any further."""
        for path, rest in places if self._depth else ():
            facts = self._modules.callees.facts(path, self._catalogue, self._depth - 1)
            if facts is not None:
                yield facts, rest


def _called_parts(name: str) -> list[str]:
    """Return what calls of a function or method are spelled with: also `get_maker` of one that returns a function."""
    first, _, last = name.rpartition(".")
    return [last, first.rpartition(".")[2]] if last == MAKES_FUNCTION else [last]


def _by_canonical_names(
    targets: ImportTargets, given: Mapping[str, Exports], part: Callable[[Exports], Mapping[str, T]]
) -> dict[str, T]:
    """Return that part of what each module gives, by canonical names."""
    modules = [(name, given[path]) for name, path in targets.paths.items() if path is not None and path in given]
    found = {f"{module}.{name}": one for module, exports in modules for name, one in part(exports).items()}
    return {name: one for name, one in found.items() if name not in targets.doubtful}
