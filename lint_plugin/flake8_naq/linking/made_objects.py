"""Functions that make objects of owner classes for those that call them, also from other modules: `make_bus()`.

Such a function opens the object (`bus = Bus(); await bus.connect(); return bus`), or leaves that to its caller.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.facts.factories import is_only_target
from flake8_naq.facts.module import ModuleFacts, OwnerFacts
from flake8_naq.prescan.callees import Factory, MadeObject
from flake8_naq.prescan.owner_classes import CONSTRUCTOR, OwnerClass
from flake8_naq.syntax.names import FunctionNode, Names
from flake8_naq.syntax.new_objects import returned_objects
from flake8_naq.syntax.nodes import dotted
from flake8_naq.syntax.walk import is_generator


class Made(NamedTuple):
    """What functions of other modules make, for an analysis of the objects.

    `factories` make an open object, and `constructors` one that is not open yet; `classes` has the classes of both.
    """

    factories: Mapping[str, Factory]
    constructors: Mapping[str, Resource]
    classes: Mapping[Resource, OwnerClass]


def made_by_imported(objects: Mapping[str, MadeObject]) -> Made:
    """Return what the imported functions make, by their canonical names."""
    classes = {name: f"{name.rpartition('.')[0]}.{one.owner.name}" for name, one in objects.items()}
    resources = {name: one.owner.resource(classes[name]) for name, one in objects.items()}
    return Made(
        {name: one.factory._replace(resource=resources[name]) for name, one in objects.items() if one.factory},
        {name: resources[name] for name, one in objects.items() if one.factory is None},
        {resources[name]: one.owner for name, one in objects.items()},
    )


def makers_of_closed(facts: ModuleFacts, classes: Mapping[str, OwnerClass]) -> dict[str, str]:
    """Return the functions of the module that only make an object which is not open, with its class by its name.

    `classes` are the owner classes by their canonical names, those of the module with a dot in front.
    """
    closed = {name for name, one in classes.items() if CONSTRUCTOR not in one.openers}
    found: dict[str, str] = {}
    for name, function in facts.root.functions.items() if closed else ():
        made = _only_returned(facts, function, closed)
        scope, scopes = facts.scopes[function], facts.scopes.values()
        if made and is_only_target(scope, scopes, facts.hierarchy, facts.lines, facts.catalogue):
            found[name] = made
    return found


def _only_returned(facts: ModuleFacts, function: FunctionNode, classes: Collection[str]) -> str:
    """Return the class of which each call of the function returns a new object, empty if it may return another."""
    if isinstance(function, ast.AsyncFunctionDef) or is_generator(function):
        return ""
    names = Names(facts.scopes[function], facts.catalogue.known)
    objects = returned_objects(function, lambda value: _called(value, names) in classes)
    # Between the making and the return of a name, the object may be opened.
    made = {_called(call, names) if call is value else "" for value, call in objects}
    return made.pop() if len(made) == 1 else ""


def _called(value: ast.expr | None, names: Names) -> str:
    """Return the canonical name of what a call calls, with a dot in front if it is of the module."""
    return (names.of(value.func) or f".{dotted(value.func)}") if isinstance(value, ast.Call) else ""


def exported_objects(facts: ModuleFacts, path: str) -> dict[str, MadeObject]:
    """Return the functions by which others get objects of owner classes from the module, by their names."""
    objects = facts.imported.objects
    found = {alias: objects[target] for alias, target in facts.root.imports.items() if target in objects}
    return found if facts.owned is None else found | _made_here(facts.owned, path)


def _made_here(owned: OwnerFacts, path: str) -> dict[str, MadeObject]:
    """Return the functions of the module itself that make an object."""
    found: dict[str, MadeObject] = {}
    for name, function in owned.facts.root.functions.items():
        factory = owned.facts.analysis.factories.get(function)
        resource = owned.facts.catalogue.construct.get(f".{name}") if factory is None else factory.resource
        if resource is not None:
            owner = owned.classes[resource]
            made = None if factory is None else factory._replace(path=factory.path or path)
            found[name] = MadeObject(owner._replace(path=owner.path or path), made)
    return found
