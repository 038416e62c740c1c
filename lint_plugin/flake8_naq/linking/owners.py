"""Finds the classes of a module whose objects own a resource, and analyses the module for such objects.

A class is an owner if it is certain that its objects alone have the resource, and which methods open and close it. So a
class is left out that has a base which may add to it, that passes `self` or a closing method on, that is given the
resource from outside, or that opens and closes in one method.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from flake8_naq.catalogue.model import Catalogue, Resource, method_names
from flake8_naq.facts.module import ModuleFacts, OwnerFacts
from flake8_naq.linking.derived_owners import with_derived
from flake8_naq.linking.given_or_made import given_or_made
from flake8_naq.linking.library_objects import kept_beside
from flake8_naq.linking.made_objects import made_by_imported, makers_of_closed
from flake8_naq.linking.makers import Makers, classes_with_makers
from flake8_naq.linking.owner_methods import (
    attributes_of,
    closed_by_methods,
    coroutines_of,
    methods_of,
    opening_methods,
)
from flake8_naq.linking.shared_objects import is_made_as_written
from flake8_naq.prescan.callees import Factory, Imported
from flake8_naq.prescan.owner_classes import CLOSING_NAMES, CONSTRUCTOR, EXITS, UNCERTAIN, OwnerClass
from flake8_naq.rules.attribute_releases import getters_of, is_released_elsewhere
from flake8_naq.rules.attributes import Kept, kept_on_self
from flake8_naq.syntax.bindings import assignments, leaf_targets
from flake8_naq.syntax.names import ModuleScopes, Names, Scope
from flake8_naq.syntax.nodes import is_none
from flake8_naq.syntax.own_object import own_attribute, returning_self

# Returns what the module imports, for this catalogue and these functions of other modules.
ImportedObjects: TypeAlias = Callable[[ModuleScopes, Catalogue, Mapping[str, Factory]], Imported]


def owner_facts(facts: ModuleFacts, imported: ImportedObjects) -> OwnerFacts | None:
    """Return what becomes of the objects of owner classes in the module, None if none is in sight.

    `imported` returns what the module imports, for a catalogue that has the owner classes as its resources, and for
    functions of other modules that make an open object.
    """
    own = owners_of(facts)
    if not own and not facts.imported.owners and not facts.imported.objects:
        return None
    found = _with_owners(facts, own, imported)
    outer = owners_of(found.facts)  # their objects own objects of other owner classes
    return _with_owners(facts, outer | own, imported) if outer else found


def _with_owners(facts: ModuleFacts, own: Mapping[str, OwnerClass], imported: ImportedObjects) -> OwnerFacts:
    """Return the facts of the module for a catalogue that has `own` and the imported owner classes as its resources."""
    classes = {f".{name}": one for name, one in own.items()} | dict(facts.imported.owners)
    found_here = makers_of_closed(facts, classes)
    made = made_by_imported(facts.imported.objects)
    known = {canonical: one.resource(canonical) for canonical, one in classes.items()}
    resources = {known[canonical]: one for canonical, one in classes.items()} | dict(made.classes)
    constructors = {f".{name}": known[canonical] for name, canonical in found_here.items()}
    catalogue = _catalogue_of(facts.catalogue, resources, constructors | dict(made.constructors))
    found = ModuleFacts(
        facts.tree,
        facts.lines,
        catalogue,
        facts.module_name,  # no function that refers to the facts, which refer to what is made here
        imported=lambda scopes: imported(scopes, catalogue, made.factories),
        own_classes={name: f".{name}" for name in (*own, *found_here)},
        named_line=facts.named_line,
        others=facts.others,
        judges_scripts=facts.judges_scripts,
    )
    return OwnerFacts(found, resources)


def exported_owners(facts: ModuleFacts, path: str) -> dict[str, OwnerClass]:
    """Return the owner classes of the module by the names that others import; `path` is its path in messages.

    A class that owns an object of another owner class is an owner itself.
    """
    found = {
        alias: facts.imported.owners[target]
        for alias, target in facts.root.imports.items()
        if target in facts.imported.owners
    }
    own = owners_of(facts)
    inner = facts.owned
    if inner is not None:
        own = owners_of(inner.facts) | own
    return found | {name: one._replace(path=one.path or path) for name, one in own.items()}


def _catalogue_of(
    catalogue: Catalogue, resources: Iterable[Resource], constructors: Mapping[str, Resource]
) -> Catalogue:
    """Return a catalogue in which these are the only resources; `constructors` are functions that make closed ones."""
    every = tuple(resources)
    names = frozenset(constructors).union(*(one.acquire | one.construct for one in every))
    return catalogue._replace(
        resources=every,
        acquire={name: one for one in every for name in one.acquire},
        construct={name: one for one in every for name in one.construct} | dict(constructors),
        release_functions={},
        views={},
        managers={},
        known=names,
        called=names,
        opening_methods=frozenset(),
        instance_methods=frozenset(),
        roots=frozenset(name.partition(".")[0] for name in names),
        method_names=method_names(every),
    )


def owners_of(facts: ModuleFacts) -> dict[str, OwnerClass]:
    """Return the owner classes that the module defines, by their names."""
    return with_derived(facts, _opening_owners(facts))


def _opening_owners(facts: ModuleFacts) -> dict[str, OwnerClass]:
    """Return those that open the resource themselves."""
    kept: dict[Scope, list[Kept]] = {}
    for one in kept_on_self(facts):
        kept.setdefault(one.owner, []).append(one)
    found = [_owner_class(facts, owner, acquisitions) for owner, acquisitions in kept.items()]
    given = [_given_by_makers(facts, owner) for owner in classes_with_makers(facts) if owner not in kept]
    return {one.name: one for one in (*found, *given) if one is not None}


def _given_by_makers(facts: ModuleFacts, owner: Scope) -> OwnerClass | None:
    """Return the class whose objects get a resource from its class methods alone: `return cls(nc)`."""
    if not _may_be_owner(facts, owner):
        return None
    giving = dict(Makers(owner).giving(facts))
    kept = list(giving.values())
    if len({(*one.attributes, one.resource.name) for one in kept}) != 1 or len(attributes_of(kept)) != 1:
        return None
    init = owner.functions.get(CONSTRUCTOR)
    if not _is_only_owner(facts, owner, kept, facts.nodes(init) if init is not None else ()):
        return None
    return _described(facts, owner, kept, set(), frozenset(giving))


def _owner_class(facts: ModuleFacts, owner: Scope, kept: list[Kept]) -> OwnerClass | None:
    if not _may_be_owner(facts, owner):
        return None
    if any(one.holder != "self" for one in kept):
        return None
    kept = closed_by_methods(facts, owner, kept)
    if not kept:
        return None
    attributes = attributes_of(kept)
    either = given_or_made(owner, min(attributes), kept[0].call) if len(attributes) == len(kept) == 1 else None
    if not _is_only_owner(facts, owner, kept, () if either is None else either.statements):
        return None
    beside = kept_beside(facts, owner, attributes)
    if beside is None:
        return None
    kept = [one._replace(attributes=[*one.attributes, *sorted(beside)]) for one in kept]
    if either is not None:
        found = _described(facts, owner, kept, {CONSTRUCTOR}, frozenset())
        return None if found is None else found._replace(opens_unless=either.arguments)
    makers, opening = Makers(owner), opening_methods(facts, owner, kept)
    made = frozenset((*makers.opening(opening), *(opening & set(makers.names))))
    return _described(facts, owner, kept, opening.difference(makers.names), made)


def _may_be_owner(facts: ModuleFacts, owner: Scope) -> bool:
    node = owner.node
    if not isinstance(node, ast.ClassDef) or owner.functions.keys().isdisjoint(CLOSING_NAMES):  # what follows is slow
        return False
    return _is_simple(facts, owner)


def _described(
    facts: ModuleFacts, owner: Scope, kept: list[Kept], opening: set[str], makers: frozenset[str]
) -> OwnerClass | None:
    """Return the class with its methods, of which some are `opening` or `makers`; None if it is not surely an owner."""
    methods = methods_of(facts, owner, kept, opening, makers)
    if methods is None:
        return None
    attributes, returning = attributes_of(kept), returning_self(owner.functions)
    getters = {name for attribute in attributes for name, _ in getters_of(owner, attribute)}
    opens_or_closes = methods.openers | methods.closers | methods.makers
    return OwnerClass(
        name=getattr(owner.node, "name", ""),
        opens=kept[0].resource.name,
        line=kept[0].call.lineno,
        openers=methods.openers,
        closers=methods.closers,
        release=methods.release,
        coroutines=opens_or_closes & coroutines_of(owner),
        attributes=attributes | getters,
        releases=frozenset(name for one in kept for name in one.resource.ending_methods),
        entered=any(name in methods.closers for name in EXITS),
        makers=methods.makers,
        sources=frozenset(filter(None, (own_attribute(one.call.func) for one in kept))),
        shared=methods.shared | (methods.others & returning.perhaps),
        chained=frozenset(
            (methods.others & returning.surely) | (methods.openers & (returning.surely | returning.perhaps))
        ),
    )


def _is_simple(facts: ModuleFacts, owner: Scope) -> bool:
    """Return whether no metaclass or special method adds to what the methods of the class say."""
    return is_made_as_written(facts, owner) and owner.functions.keys().isdisjoint(UNCERTAIN)


def _is_only_owner(facts: ModuleFacts, owner: Scope, kept: list[Kept], allowed: Collection[ast.AST] = ()) -> bool:
    """Return whether nothing but an acquisition is ever put into the attributes.

    The statements that are `allowed` put there what the constructor is given.
    """
    if any(is_released_elsewhere(facts, name, one.resource) for one in kept for name in one.attributes):
        return False
    nodes, attributes = facts.nodes(owner.node), attributes_of(kept)
    from_outside = _Given(facts, owner, frozenset(id(one.call) for one in kept))
    given_here = set(allowed)
    for node in nodes:
        for targets, value in assignments(node):
            if any(own_attribute(target) in attributes for target in leaf_targets(targets)):
                if not is_none(value) and node not in given_here and not from_outside.is_acquired(value):
                    return False
    return True


class _Given(NamedTuple):
    """Tells what the acquisitions of a class give from what comes from elsewhere."""

    facts: ModuleFacts
    owner: Scope
    calls: frozenset[int]

    def is_acquired(self, value: ast.expr) -> bool:
        """Return whether the value is one of the acquisitions, or a name that never has another value."""
        if isinstance(value, ast.Name):
            nodes = self.facts.nodes(self.owner.node)
            if any(isinstance(node, ast.arg) and node.arg == value.id for node in nodes):
                return False
            values = [one.value for node in nodes for one in assignments(node) if _names(one.targets, value.id)]
            return bool(values) and all(map(self._is_made, values))
        return self._is_made(value)

    def _is_made(self, value: ast.AST) -> bool:
        if id(value) in self.calls or self._is_constructor(value):
            return True
        chosen = isinstance(value, (ast.BoolOp, ast.IfExp, ast.NamedExpr))
        return not chosen and any(map(self._is_made, ast.iter_child_nodes(value)))

    def _is_constructor(self, node: ast.AST) -> bool:
        """Return whether the call makes what is opened later: `self.nc = NATS()`."""
        names = Names(self.owner, self.facts.catalogue.known)
        return isinstance(node, ast.Call) and names.of(node.func) in self.facts.catalogue.construct


def _names(targets: list[ast.expr], name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in leaf_targets(targets))
