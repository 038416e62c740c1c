"""Global names that a function gives a new resource while it works with the old one, which nothing in the file closes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.verdict import Outcome
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.syntax.bindings import plain_assignment
from flake8_naq.syntax.nodes import without_await
from flake8_naq.syntax.walk import walk_scope


class OverwrittenGlobal(NamedTuple):
    """An acquisition that overwrites the global `name`, and the line on which the module opened what it holds."""

    name: str
    call: ast.Call
    resource: Resource
    first: int


def overwritten_globals(facts: ModuleFacts) -> Iterator[OverwrittenGlobal]:
    """Yield the acquisitions by which a function replaces what the module opened, and what it has used just before."""
    every = [(function, *one) for function in facts.functions for one in _kept_in_names(function)]
    opened = {name: call.lineno for function, name, call, _ in every if isinstance(function.scope.node, ast.Module)}
    for function, name, call, resource in every:
        if name in opened and name in function.scope.outer and not facts.closes_for_process(resource):
            if _is_used_before(function, name, call) and _is_only_used(facts, name, resource):
                yield OverwrittenGlobal(name, call, resource, opened[name])


def _kept_in_names(function: FunctionFacts) -> Iterator[tuple[str, ast.Call, Resource]]:
    """Yield the acquisitions of the function that are assigned to one plain name, those left out that are reported."""
    leaking = [one.call for one in function.verdicts if one.outcome is Outcome.LEAKS]
    resources = {call: one.origin.resource for one in function.summaries for call in one.acquired if call not in leaking}
    for node in walk_scope(function.scope.node) if resources else ():
        found = plain_assignment(node)
        if found is not None and len(found.targets) == 1 and isinstance(found.targets[0], ast.Name):
            value = without_await(found.value)
            if isinstance(value, ast.Call) and value in resources:
                yield found.targets[0].id, value, resources[value]


def _is_used_before(function: FunctionFacts, name: str, call: ast.Call) -> bool:
    """Return whether the function calls a method of what the name holds above the call that replaces it."""
    nodes = (node.func for node in walk_scope(function.scope.node) if isinstance(node, ast.Call))
    receivers = (node.value for node in nodes if isinstance(node, ast.Attribute))
    return any(isinstance(one, ast.Name) and one.id == name and one.lineno < call.lineno for one in receivers)


def _is_only_used(facts: ModuleFacts, name: str, resource: Resource) -> bool:
    """Return whether the file does no more with the name than to look up what closes nothing."""
    nodes = facts.nodes(facts.tree)
    looked_up = {id(one.value) for one in nodes if isinstance(one, ast.Attribute) and one.attr not in resource.last_methods}
    loads = (one for one in nodes if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load))
    return all(id(one) in looked_up for one in loads)
