"""What the methods of a class do with the resource that its objects own: which of them open it, and which close it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.reached import state_of, surely_reaches
from flake8_naq.linking.library_objects import leaves_to_owner
from flake8_naq.linking.makers import closes_again
from flake8_naq.linking.shared_objects import shared_by_methods
from flake8_naq.prescan.owner_classes import CLOSING_NAMES, CONSTRUCTOR, ENTERS
from flake8_naq.rules.attribute_releases import releasing_methods
from flake8_naq.rules.attributes import Kept
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.own_object import methods_around, own_attribute, own_calls, with_callers


def attributes_of(kept: list[Kept]) -> frozenset[str]:
    """Return the attributes in which the acquisitions are kept."""
    return frozenset(name for one in kept for name in one.attributes)


def opening_methods(facts: ModuleFacts, owner: Scope, kept: list[Kept]) -> set[str]:
    """Return the methods whose first call surely opens the resource, themselves or by way of another method."""
    state, acquired = state_of(owner) | attributes_of(kept), [one.call for one in kept]
    own = [
        name
        for call in acquired
        for name in methods_around(owner, call)
        if surely_reaches(owner.functions[name], call, state, acquired)
    ]
    calls = {name: _surely_called_on_self(facts, function, state) for name, function in owner.functions.items()}
    return with_callers(set(own), calls)


def _surely_called_on_self(facts: ModuleFacts, function: FunctionNode, state: frozenset[str]) -> set[str]:
    return {name for name, call in own_calls(facts.nodes(function)) if surely_reaches(function, call, state)}


class OwnerMethods(NamedTuple):
    """What the methods of an owner class do: open or close the object, make an open one, share it, or none of these.

    `release` is the closer that messages name.
    """

    openers: frozenset[str]
    closers: frozenset[str]
    makers: frozenset[str]
    shared: frozenset[str]
    others: frozenset[str]
    release: str


def methods_of(
    facts: ModuleFacts, owner: Scope, kept: list[Kept], opening: set[str], makers: frozenset[str]
) -> OwnerMethods | None:
    """Return what the methods do, None if it is not certain that these alone close the objects of the class."""
    calls = {name: set(dict(own_calls(facts.nodes(function)))) for name, function in owner.functions.items()}
    closing = with_callers(set(_closing(facts, owner, kept)), calls)
    openers, closers = opening - closing, closing - {CONSTRUCTOR} - makers
    makers = frozenset(name for name in makers if not closes_again(owner.functions[name], closers))
    release = next((name for name in CLOSING_NAMES if name in closers), "")
    if not (openers.difference(ENTERS) or makers) or not release or _passes_on(facts, owner, closers):
        return None
    shared = shared_by_methods(facts, owner, attributes_of(kept) | closers)
    if shared is None or not shared.isdisjoint(openers | closers | makers):
        return None
    others = frozenset(owner.functions.keys() - openers - closers - makers)
    if CONSTRUCTOR in openers or len({name in coroutines_of(owner) for name in makers}) > 1:
        makers = frozenset()  # a resource is opened by calls that are all awaited, or none
    if not (openers or makers):
        return None
    return OwnerMethods(frozenset(openers), frozenset(closers), makers, shared, others, release)


def coroutines_of(owner: Scope) -> set[str]:
    """Return the methods of a class that make coroutines."""
    return {name for name, one in owner.functions.items() if isinstance(one, ast.AsyncFunctionDef)}


def closed_by_methods(facts: ModuleFacts, owner: Scope, kept: list[Kept]) -> list[Kept]:
    """Return the acquisitions that a method may release: a caller cannot close the others."""
    return kept if len(kept) == 1 else [one for one in kept if any(_closing(facts, owner, [one]))]


def _closing(facts: ModuleFacts, owner: Scope, kept: list[Kept]) -> Iterator[str]:
    """Yield the methods that may release one of the attributes."""
    for attribute, resource in {(name, one.resource) for one in kept for name in one.attributes}:
        yield from releasing_methods(facts, owner, attribute, resource, leaves_to_owner)


def _passes_on(facts: ModuleFacts, owner: Scope, closers: Iterable[str]) -> bool:
    """Return whether a closing method is mentioned other than in a call: something else may call it."""
    nodes = facts.nodes(owner.node)
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    mentioned = (node for node in nodes if isinstance(node, ast.Attribute) and id(node) not in called)
    return any(own_attribute(node) in closers for node in mentioned)
