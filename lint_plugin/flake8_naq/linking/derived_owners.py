"""Classes that derive from an owner class, of the same module or of another: `class OrderBus(Bus)`.

Their objects own what the base opens, unless the class changes how that is opened, closed, or used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.reached import state_of, surely_reaches
from flake8_naq.linking.summary import class_in
from flake8_naq.prescan.owner_classes import CONSTRUCTOR, UNCERTAIN, OwnerClass
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.nodes import dotted
from flake8_naq.syntax.own_object import gives_self, is_super, own_attribute, own_calls, with_callers


def with_derived(facts: ModuleFacts, own: Mapping[str, OwnerClass]) -> dict[str, OwnerClass]:
    """Return the owner classes of the module: `own`, and those that derive from one of them or of another module."""
    found = dict(own)
    if found or facts.imported.owners:
        for name, node in sorted(facts.root.classes.items(), key=lambda item: item[1].lineno):
            owner = facts.scopes[node]
            base = _base(facts, owner, found) if name not in found and class_in(facts, name) is owner else None
            derived = _derived(facts, owner, base) if base is not None else None
            if derived is not None:
                found[name] = derived._replace(name=name)
    return found


def _base(facts: ModuleFacts, owner: Scope, own: Mapping[str, OwnerClass]) -> OwnerClass | None:
    """Return the owner class that is the only base of a class to add to it."""
    inert = facts.catalogue.calls.inert_bases
    bases = [one for one in facts.hierarchy.bases(owner) if one.classes or one.canonical not in inert]
    if len(bases) != 1 or getattr(owner.node, "keywords", []):
        return None
    base = bases[0]
    if base.canonical is not None:
        return None if base.classes else facts.imported.owners.get(base.canonical)
    return own.get(dotted(base.node)) if [one.parent for one in base.classes] == [facts.root] else None


def _derived(facts: ModuleFacts, owner: Scope, base: OwnerClass) -> OwnerClass | None:
    """Return the class with its methods, None if it is not certain that its objects alone close what they open."""
    nodes = facts.nodes(owner.node)
    if any(name in owner.functions for name in UNCERTAIN) or gives_self(nodes):
        return None
    kept = base.openers | base.closers | base.makers
    if any(name in owner.bound for name in (*base.sources, *(kept - owner.functions.keys()))):
        return None
    if not _only_uses(nodes, base) or (base.opens_unless and CONSTRUCTOR in owner.functions):
        return None
    calls = {name: set(dict(_calls(facts, function))) for name, function in owner.functions.items()}
    state = state_of(owner) | base.attributes
    surely = {
        name: {one for one, call in _calls(facts, function) if surely_reaches(function, call, state)}
        for name, function in owner.functions.items()
    }
    asynchronous = {name for name, one in owner.functions.items() if isinstance(one, ast.AsyncFunctionDef)}
    for name in kept & owner.functions.keys():
        goes_on = name in (surely if name in base.openers else calls)[name]
        if not goes_on or (name in asynchronous) != (name in base.coroutines):
            return None
    closers = with_callers(base.closers, calls) - {CONSTRUCTOR} - base.makers
    openers = with_callers(base.openers, surely) - closers
    return base._replace(
        openers=frozenset(openers),
        closers=frozenset(closers),
        coroutines=base.coroutines | (asynchronous & (openers | closers)),
    )


def _calls(facts: ModuleFacts, function: FunctionNode) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of methods of the object, by `self` or `super()`; of the method itself, only that of the base."""
    nodes = facts.nodes(function)
    yield from ((name, call) for name, call in own_calls(nodes) if name != function.name)
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_super(node.func.value):
            yield node.func.attr, node


def _only_uses(nodes: tuple[ast.AST, ...], base: OwnerClass) -> bool:
    """Return whether all that the class does with what its objects open is to call methods that do not close it.

    It may also mention the closing methods only to call them, as nothing else may close an object.
    """
    called = [node.func for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    allowed = {id(one.value) for one in called if one.attr not in base.releases} | set(map(id, called))
    named = (node for node in nodes if own_attribute(node) in base.attributes | base.closers)
    return all(id(node) in allowed for node in named)
