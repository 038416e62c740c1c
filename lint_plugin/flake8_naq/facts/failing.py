"""Whether a function of the project works with a resource that it is lent, and may fail at that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.observations import Leak
from flake8_naq.facts.summaries import CalleeSummaries
from flake8_naq.prescan.callees import Effect
from flake8_naq.syntax.callees import keyed_arguments, parameter_of
from flake8_naq.syntax.names import FunctionNode, Names
from flake8_naq.syntax.nodes import dotted
from flake8_naq.syntax.walk import is_generator, scope_nodes

_MAX_CALLS: Final = 4  # functions that lend it to each other

Lent = tuple[ast.Call, int | str]  # a call, and the position or keyword of the resource


def lent_at(node: ast.AST, leak: Leak, name: str) -> Iterator[Lent]:
    """Yield the calls on the line of the leak that get what the name holds."""
    for call in scope_nodes(node, ast.Call):
        if call.lineno == leak.line:
            yield from ((call, key) for key, value in keyed_arguments(call) if dotted(value) == name)


def may_fail(
    callees: CalleeSummaries,
    lent: Lent,
    names: Names,
    resource: Resource,
    depth: int = 1,
    effect: Effect = Effect.BORROWS,
) -> bool:
    """Return whether the function called only works with the resource, and an operation of that may fail there.

    `effect`: or closes it in the end, where an operation before that may fail and leave it open.
    """
    call, key = lent
    if depth > _MAX_CALLS or callees.effect(call, key, names, resource) is not effect:
        return False
    callee = callees.object_methods.callee(call, names)
    if callee is None:
        imported = callees.object_methods.imported_function(call, names)
        return imported is not None and imported.may_fail(call, key, resource)
    parameter = parameter_of(callee, call, key)
    return parameter is not None and fails_on(callees, callee.function, parameter, resource, depth)


def fails_on(
    callees: CalleeSummaries, function: FunctionNode, parameter: str, resource: Resource, depth: int = 1
) -> bool:
    """Return whether an operation of the resource in a parameter may fail in a function of the module.

    The call of a coroutine function or a generator runs nothing yet.
    """
    if isinstance(function, ast.AsyncFunctionDef) or is_generator(function):
        return False
    summary = callees.summary_on(function, parameter, resource)
    leaks = () if summary is None else [one for one in summary.leaks if one.exceptional and one.certain]
    names = Names(callees.scopes[function], callees.object_methods.catalogue.known)
    if any(one.operation for one in leaks):
        return True
    further = (lent for one in leaks for lent in lent_at(function, one, parameter))
    return any(may_fail(callees, one, names, resource, depth + 1) for one in further)
