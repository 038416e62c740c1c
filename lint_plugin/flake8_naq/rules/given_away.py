"""Whether other code gets a resource that a function opens, if nothing fails before that."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from typing import Final

from flake8_naq.dataflow.observations import Event
from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.syntax.bindings import plain_assignment
from flake8_naq.syntax.nodes import LEAVES, dotted, is_in_body, is_named_like_class
from flake8_naq.syntax.walk import walk_scope

_ADDING: Final = ("append", "add", "put", "put_nowait")
_LOOKUP_ERRORS: Final = ("AttributeError", "IndexError", "KeyError", "LookupError")


def is_given_away(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether other code surely gets it where nothing fails: `return Bus(nc)`, and not only `load(nc)`.

    An object that it is put into may have a name before that: `bus = Bus(nc)`. So has one that is started, or put into a
    list. What a `__del__` closes is not lost.
    """
    nodes = list(walk_scope(function.scope.node))
    if _has_finalizer(function, verdict) or _is_stored_before(nodes, verdict):
        return False
    if verdict.summary.saw(Event.HANDED_OFF):
        return True
    sites = verdict.summary.kept_elsewhere
    if not sites:
        return False
    named = frozenset(name for node in nodes for name in names_of_objects(node, sites))
    own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    given = (node for node in nodes if isinstance(node, ast.Return) or is_stored(node) or _goes_on(node, own))
    return any(
        inner in sites or (isinstance(inner, ast.Name) and inner.id in named) for node in given for inner in ast.walk(node)
    )


def is_lost_before_objects(facts: ModuleFacts, verdict: Verdict) -> bool:
    """Return whether only new objects get it, which go to other code below the failure: `await nc.flush()`, `serve(Storage(nc))`.

    Whatever these do with it, none of them exists where it is lost.
    """
    sites, leak = verdict.summary.kept_elsewhere, verdict.leak
    if leak is None or not sites:
        return False
    made = [one for one in sites if isinstance(one, ast.Call) and is_named_like_class(one.func) and one.lineno > leak.line]
    return len(made) == len(sites) and all(isinstance(facts.parents.user(one), ast.Call) for one in made)


def names_of_objects(node: ast.AST, sites: Set[ast.AST]) -> Iterator[str]:
    """Yield the names that a statement gives to an object whose class gets the resource."""
    found = plain_assignment(node)
    if found is not None and isinstance(found.value, ast.Call) and found.value in sites:
        if is_named_like_class(found.value.func):
            yield from (target.id for target in found.targets if isinstance(target, ast.Name))


def _has_finalizer(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether it is kept by an object whose class has a `__del__`, which runs after a failed `__init__`, too."""
    owner = function.scope.enclosing_class
    return verdict.summary.saw(Event.STORED) and owner is not None and "__del__" in owner.functions


def _is_stored_before(nodes: list[ast.AST], verdict: Verdict) -> bool:
    """Return whether the `try` around the acquisition stores the resource, and the leak is behind that `try`.

    No operation fails before it is stored, but a missing attribute or item at most; a handler that takes just that means it.
    """
    line, stored = 0 if verdict.leak is None else verdict.leak.line, verdict.summary.nodes(Event.STORED)
    tries = (node for node in nodes if isinstance(node, (ast.Try, ast.TryStar)) and line > (node.end_lineno or 0))
    around = [one for one in tries if stored and all(is_in_body(one, node) for node in (verdict.call, *stored))]
    handlers = (handler for one in around for handler in one.handlers if not isinstance(handler.body[-1], LEAVES))
    return any(dotted(handler.type or handler) not in _LOOKUP_ERRORS for handler in handlers)


def is_stored(node: ast.AST) -> bool:
    found = plain_assignment(node)
    return found is not None and any(not isinstance(one, ast.Name) for one in found.targets)


def _goes_on(node: ast.AST, own: set[str]) -> bool:
    """Return whether an object lives on: `tunnel.start()`, or `tunnels.append(tunnel)` of no list of the function's own.

    So does what a base gets: `super().__init__(sock)`.
    """
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return False
    if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__":
        return True
    receiver, _, method = dotted(call.func).rpartition(".")
    return method == "start" or (method in _ADDING and receiver not in own)
