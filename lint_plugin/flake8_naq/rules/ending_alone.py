"""What nothing has to close: it ends while a loop asks for it, or goes on without this process."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from typing import Final

from flake8_naq.dataflow.observations import Departure
from flake8_naq.dataflow.verdict import Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.opening import outlives
from flake8_naq.syntax.nodes import dotted, method_called
from flake8_naq.syntax.walk import scope_nodes, walk, walk_scope

_LEAVES_LOOP: Final = (ast.Break, ast.Return)
_TEXTS: Final = ("str", "int", "repr", "format")  # give the value on
_ITERATES: Final = (ast.For, ast.AsyncFor, ast.comprehension)


def ends_in_a_loop(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether a `while` asks for its end, such as `poll`, or a loop reads all of it.

    What an error leaves open before the end is another matter; the next turn of an outer loop comes behind the end. So
    is what an error of the loop leaves open, if the function ends it behind the loop, too.
    """
    resource, name, leak = verdict.summary.origin.resource, verdict.summary.origin.name, verdict.leak
    if not resource.final_loops:
        return False
    nodes = list(walk_scope(function.scope.node))
    loops = [one for one in nodes if isinstance(one, ast.While) and _calls(walk(one), name, resource.final_loops)]
    if leak is not None and leak.exceptional and leak.departure is not Departure.REBOUND:
        inside = {part for loop in loops for part in walk(loop)}
        others = (one for one in nodes if one not in inside)
        in_loop = any(loop.lineno < leak.line <= (loop.end_lineno or 0) for loop in loops)
        return in_loop and not _calls(others, name, resource.ending_methods)
    return bool(loops) or any(_reads_all(one, verdict) for one in nodes if isinstance(one, _ITERATES))


def _calls(nodes: Iterable[ast.AST], name: str | None, methods: Collection[str]) -> bool:
    """Return whether one of the nodes calls one of the methods of what has the name."""
    called = (one.func for one in nodes if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute))
    return any(one.attr in methods and dotted(one.value) == name for one in called)


def _reads_all(loop: ast.For | ast.AsyncFor | ast.comprehension, verdict: Verdict) -> bool:
    """Return whether the loop reads all of the resource: it is over that or what a method gives, and left at its end alone."""
    over, way = loop.iter, "__iter__"
    match loop.iter:
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if loop.iter is not verdict.call:
            over, way = owner, f"{method}()"
    origin = verdict.summary.origin
    if way not in origin.resource.final_loops or not (over is verdict.call or dotted(over) == origin.name != ""):
        return False
    return not any(isinstance(one, _LEAVES_LOOP) for one in walk(loop))


def goes_on_alone(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether it is started to go on without the process.

    The call says so, other code gets what can end it, such as a `pid`, or the function ends the process.
    """
    resource = verdict.summary.origin.resource
    if outlives(resource, verdict.call) or _is_passed_on(facts, function, verdict) or _may_say_so(function, verdict):
        return True
    if not resource.outlives_if or not all(leak.exceptional for leak in verdict.summary.leaks):
        return False
    never_returns = facts.catalogue.calls.never_returns
    called = (one.func for one in walk_scope(function.scope.node) if isinstance(one, ast.Call))
    return any(never_returns.get(function.names.of(one) or "") == "" for one in called)


def _may_say_so(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether the call unpacks options, and the function names one by which the call says so: `options[name] = True`."""
    if all(one.arg is not None for one in verdict.call.keywords):
        return False
    arguments = {test.argument for test in verdict.summary.origin.resource.outlives_if}
    nodes = (one for one in ast.walk(function.scope.node) if isinstance(one, (ast.Constant, ast.keyword)))
    return any((one.value if isinstance(one, ast.Constant) else one.arg) in arguments for one in nodes)


def _is_passed_on(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether other code gets an attribute by which it can end what the function leaves open."""
    origin = verdict.summary.origin
    attributes = [one for one in scope_nodes(function.scope.node, ast.Attribute) if one.attr in origin.resource.outlives_by]
    return any(dotted(one.value) == origin.name and _goes_to_others(facts, function, one) for one in attributes)


def _goes_to_others(facts: ModuleFacts, function: FunctionFacts, value: ast.expr) -> bool:
    """Return whether the value is returned, stored, or given to a call that does more than show it.

    So may be a text or a container of it.
    """
    parents = facts.parents.parents
    inner: ast.AST = value
    while isinstance(inner, ast.expr | ast.keyword):
        around = parents[inner]
        if isinstance(around, ast.Call) and inner is not around.func:
            called, method = function.names.of(around.func), method_called(around.func)
            if called not in _TEXTS:
                return not facts.catalogue.borrows(called, method, 0)
        inner = around
    targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target] if isinstance(inner, ast.AnnAssign) else []
    return isinstance(inner, ast.Return) or any(not isinstance(target, ast.Name) for target in targets)
