"""On which ways an object of an owner class is surely open: whether its method has opened it may be an answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, TypeGuard

from flake8_naq.dataflow.observations import Departure, Leak
from flake8_naq.dataflow.verdict import Verdict, own_leaks
from flake8_naq.dataflow.witness import first_leak
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.managers import is_lifespan
from flake8_naq.rules.given_away import is_given_away
from flake8_naq.syntax.bindings import plain_assignment
from flake8_naq.syntax.nodes import FUNCTIONS, LEAVES, dotted, is_in_body, lines_of, without_await
from flake8_naq.syntax.tree import names_in
from flake8_naq.syntax.walk import walk_scope

_ENDS: Final = (Departure.RAISES, Departure.RETURNS)


def way_while_open(function: FunctionFacts, verdict: Verdict) -> Verdict | None:
    """Return the verdict with a way on which the object surely is open at the end, None if there is none.

    Where `if not await bus.connect(): return` asks for the answer of what opened it, nothing may have been opened: then
    only what raises where the answer was yes counts. An answer that is only printed is not asked for.
    """
    if verdict.leak is None:
        return None
    nodes = list(walk_scope(function.scope.node))
    dropped = (node.value for node in nodes if isinstance(node, ast.Expr) or _is_only_shown(node, function))
    opened = verdict.call is verdict.summary.origin.call or any(_is_call(one, verdict.call) for one in dropped)
    if verdict.before_handoff:
        return verdict if opened and is_given_away(function, verdict) else None
    if opened:
        own = own_leaks(verdict.call, verdict.summary)
        ends = (*_ENDS, Departure.YIELDS) if _may_raise_at_yield(function, verdict) else _ENDS
        ways = [one for one in own if one.departure in ends] or [one for one in own if _is_rebound(one)]
    else:
        found = (one for one in verdict.summary.leaks if one.acquisition is verdict.call)
        ways = _ways_from_yes(verdict, nodes, list(found))
    certain = [one for one in ways if one.certain]
    return verdict._replace(leak=first_leak(certain)) if certain else None


def _is_only_shown(node: ast.AST, function: FunctionFacts) -> TypeGuard[ast.Assign | ast.AnnAssign]:
    """Return whether the statement gives the value to a name that only `print` gets, on all ways: nothing depends on it."""
    found = plain_assignment(node)
    target = found.targets[0] if found is not None and len(found.targets) == 1 else None
    scope = function.scope
    if not isinstance(target, ast.Name) or target.id in scope.outer or not isinstance(scope.node, FUNCTIONS):
        return False
    calls = (one.value for one in scope.node.body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call))
    shown = {inner for call in calls if dotted(call.func) == "print" for inner in ast.walk(call)}
    return all(one is target or one in shown for one in names_in(scope.node, target.id))


def _may_raise_at_yield(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether the users of a generator raise in it: all but an application."""
    node, name = function.scope.node, verdict.summary.origin.name
    return isinstance(node, FUNCTIONS) and name is not None and "." not in name and not is_lifespan(node)


def _is_rebound(leak: Leak) -> bool:
    return leak.departure is Departure.REBOUND


def _ways_from_yes(verdict: Verdict, nodes: list[ast.AST], found: list[Leak]) -> list[Leak]:
    """Return the leaks that begin where the answer was yes: what raises there, or else the handler that it comes to."""
    tests = [(node, _where_yes(node, verdict)) for node in nodes if isinstance(node, ast.If)]
    lines = [line for _, yes in tests for line in yes]
    raised = [one for one in found if one.departure is Departure.RAISES and one.line in lines]
    tries = [node for node in nodes if isinstance(node, (ast.Try, ast.TryStar))]
    handling = [line for test, yes in tests for line in _handlers(tries, test, _calls_on(yes, nodes, verdict))]
    return raised or [one for one in found if one.departure is Departure.RETURNS and one.line in handling]


def _calls_on(lines: range, nodes: list[ast.AST], verdict: Verdict) -> list[ast.AST]:
    """Return the calls on the lines that do not release the object."""
    released = verdict.summary.released
    return [node for node in nodes if isinstance(node, ast.Call) and node.lineno in lines and node not in released]


def _handlers(tries: list[ast.Try | ast.TryStar], test: ast.If, calls: list[ast.AST]) -> Iterator[int]:
    """Yield the lines of the handlers of each `try` around the test which what one of the calls raises comes to first."""
    for around in tries:
        inside = [one for one in tries if one is not around and is_in_body(around, one)]
        raising = [one for one in calls if is_in_body(around, one) and not any(is_in_body(two, one) for two in inside)]
        if raising and is_in_body(around, test):
            yield from lines_of(around.handlers)


def _where_yes(test: ast.If, verdict: Verdict) -> range:
    """Return the lines on which the answer of what opened the object was yes, up to its last release.

    That is the body of `if await bus.connect():` in which the object is released, or what comes behind an
    `if not await bus.connect():` that leaves.
    """
    released = [node.lineno for node in verdict.summary.released if isinstance(node, ast.expr)]
    first, last = test.body[0].lineno, test.body[-1].end_lineno or 0
    if _is_call(test.test, verdict.call):
        inside = [line for line in released if first <= line <= last]
        return range(first, max(inside, default=0) + 1)
    asked = test.test.operand if isinstance(test.test, ast.UnaryOp) and isinstance(test.test.op, ast.Not) else test
    if isinstance(asked, ast.expr) and _is_call(asked, verdict.call) and isinstance(test.body[-1], LEAVES):
        return range(last + 1, max(released, default=0) + 1)
    return range(0)


def _is_call(node: ast.expr | None, call: ast.Call) -> bool:
    """Return whether the expression is the call, awaited or not."""
    return node is not None and call is without_await(node)
