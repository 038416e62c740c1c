"""Class methods that make an object which owns a resource: `await Bus.create(url)`.

Such a method gives the resource to the constructor (`return cls(nc)`), opens the object (`self = cls(); await
self.connect(); return self`), or sets the attribute of the object itself.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from flake8_naq.dataflow.observations import AcquisitionSummary
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.reached import surely_reaches
from flake8_naq.rules.attributes import Kept
from flake8_naq.rules.kept_by_classes import given_keys, kept_attributes, only_site
from flake8_naq.syntax.bindings import stored_values
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.new_objects import is_class_method, makes_object, new_objects
from flake8_naq.syntax.nodes import dotted
from flake8_naq.syntax.walk import walk, walk_scope


def classes_with_makers(facts: ModuleFacts) -> Iterator[Scope]:
    """Yield the classes of which a class method may acquire something."""
    found = {function.scope.parent for function in facts.functions if is_class_method(function.scope.node)}
    yield from (one for one in facts.scopes.values() if one in found and isinstance(one.node, ast.ClassDef))


class Makers:
    """The class methods of a class that return a new object of it, on each normal end."""

    def __init__(self, owner: Scope) -> None:
        self._owner = owner
        self._objects = new_objects(owner)

    @property
    def names(self) -> Collection[str]:
        """Their names."""
        return self._objects.keys()

    def opening(self, openers: Collection[str]) -> Iterator[str]:
        """Yield those that surely call one of the opening methods of the object."""
        for name, objects in self._objects.items():
            function = self._owner.functions[name]
            named = {one.id for one in objects if isinstance(one, ast.Name)}
            if len(named) == 1 and all(isinstance(one, ast.Name) for one in objects):
                calls = _calls_of(function, named.pop(), openers)
                if any(surely_reaches(function, call, frozenset()) for call in calls):
                    yield name

    def giving(self, facts: ModuleFacts) -> Iterator[tuple[str, Kept]]:
        """Yield those that give a resource to the constructor alone, with what keeps the resource then."""
        for function in facts.functions:
            name = getattr(function.scope.node, "name", "")
            if function.scope.parent is not self._owner or len(self._objects.get(name, ())) != 1:
                continue
            for summary in function.summaries:
                site = only_site(summary)
                if site is not None and makes_object(site, self._owner) and self._is_returned(name, site):
                    attributes = self._attributes(facts, site, summary)
                    if attributes:
                        yield name, Kept(summary.acquired[0], summary.origin.resource, attributes, self._owner)

    def _attributes(self, facts: ModuleFacts, site: ast.Call, summary: AcquisitionSummary) -> list[str]:
        """Return the attributes in which the constructor keeps the resource."""
        given = given_keys(site, summary)
        if len(given) != 1 or len(summary.acquired) != 1:
            return []
        return sorted(kept_attributes(facts, self._owner, site, given[0], summary.origin.resource))

    def _is_returned(self, name: str, site: ast.Call) -> bool:
        value = self._objects[name][0]
        return value is site or value in _names_of(self._owner.functions[name], site)


def closes_again(function: FunctionNode, closers: Collection[str]) -> bool:
    """Return whether the class method looks up a closing method, but for a handler that raises again."""
    handlers = (node for node in walk(function) if isinstance(node, ast.ExceptHandler))
    failed = {id(inner) for one in handlers if isinstance(one.body[-1], ast.Raise) for inner in walk(one)}
    looked_up = (node for node in walk(function) if isinstance(node, ast.Attribute) and node.attr in closers)
    return any(id(node) not in failed for node in looked_up)


def _calls_of(function: FunctionNode, name: str, methods: Collection[str]) -> Iterator[ast.Call]:
    for node in walk_scope(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in methods and dotted(node.func.value) == name:
                yield node


def _names_of(function: FunctionNode, site: ast.Call) -> list[ast.expr]:
    """Return the uses of the name that the object has which the call makes."""
    nodes = list(walk_scope(function))
    names = [dotted(target) for node in nodes for target, value in stored_values(node) if value is site]
    return [node for node in nodes if isinstance(node, ast.Name) and node.id in names]
