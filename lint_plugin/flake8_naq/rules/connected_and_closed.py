"""Attributes that one method alone connects and closes, where the constructor makes what is connected.

For the analysis of the method, it begins with what the constructor does: `self.nc = NATS()`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from flake8_naq.dataflow.observations import Event
from flake8_naq.dataflow.witness import first_leak
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.rules.attribute_releases import is_released_elsewhere, releasing_methods
from flake8_naq.rules.attributes import Kept, kept_on_self
from flake8_naq.rules.opened_by_methods import Opening
from flake8_naq.syntax.bindings import plain_assignment
from flake8_naq.syntax.names import FunctionNode, Names
from flake8_naq.syntax.own_object import gives_self, methods_around, own_attribute
from flake8_naq.syntax.walk import is_generator


def connected_and_closed(facts: ModuleFacts) -> Iterator[Opening]:
    """Yield the connecting calls after which an exception leaves open what nothing else of the file closes."""
    for kept in kept_on_self(facts):
        if kept.holder != "self" or len(kept.attributes) != 1 or kept.client:
            continue
        made, around = _made(facts, kept), list(methods_around(kept.owner, kept.call))
        if made is not None and len(around) == 1 and _is_closed_there_alone(facts, kept, around[0]):
            yield from _openings(facts, kept, kept.owner.functions[around[0]], made)


def _made(facts: ModuleFacts, kept: Kept) -> ast.stmt | None:
    """Return the statement of the constructor that sets the attribute, None if another one in the file may, too."""
    name, init = kept.attributes[0], kept.owner.functions.get("__init__")
    stores = [one for one in facts.nodes(facts.tree) if isinstance(one, ast.Attribute) and one.attr == name]
    if init is None or sum(isinstance(one.ctx, ast.Store) for one in stores) != 1:
        return None
    names = Names(facts.scopes[init], facts.catalogue.known)
    for node in facts.nodes(init):
        found = plain_assignment(node)
        if found is not None and isinstance(node, ast.stmt) and any(own_attribute(one) == name for one in found.targets):
            made = isinstance(found.value, ast.Call) and names.of(found.value.func) in facts.catalogue.construct
            return node if made and len(found.targets) == 1 else None
    return None


def _is_closed_there_alone(facts: ModuleFacts, kept: Kept, method: str) -> bool:
    name, related = kept.attributes[0], facts.hierarchy.related(kept.owner)
    closing = {(one, found) for one in related for found in releasing_methods(facts, one, name, kept.resource)}
    given = any(gives_self(facts.nodes(one.node)) for one in related)
    known = all(map(facts.knows_bases, related))
    return closing == {(kept.owner, method)} and known and not given and not is_released_elsewhere(facts, name, kept.resource)


def _openings(facts: ModuleFacts, kept: Kept, method: FunctionNode, made: ast.stmt) -> Iterator[Opening]:
    if method.name.startswith("__") or method.decorator_list or is_generator(method):
        return
    first = copy.deepcopy(made)
    for one in ast.walk(first):
        ast.copy_location(one, method.body[0])
    written = copy.copy(method)
    written.body = [first, *method.body]
    path = f"self.{kept.attributes[0]}"
    found = facts.analysis.written_out(facts.scopes[method], written, path, {})
    for summary in found.summaries if found is not None else ():
        if kept.call in summary.acquired and summary.complete and summary.saw(Event.RELEASED):
            leaks = [one for one in summary.leaks if one.acquisition is kept.call and one.exceptional and one.certain]
            if leaks and found is not None:
                yield Opening(kept.call, found, first_leak(leaks), kept.resource.release_of(path))
