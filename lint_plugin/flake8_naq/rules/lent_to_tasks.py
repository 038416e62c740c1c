"""Resources that a function gives to tasks alone, none of which closes them: `create_task(work(nc))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.facts.run_calls import run_later
from flake8_naq.prescan.callees import Effect
from flake8_naq.rules.given_away import is_given_away
from flake8_naq.rules.replaced import is_replaced
from flake8_naq.syntax.callees import arguments_of, keyed_arguments
from flake8_naq.syntax.walk import walk_scope

_ELSEWHERE = (Event.HANDED_OFF, Event.CLEANUP_REGISTERED, Event.YIELDED_OPEN, Event.OUTLIVES_BLOCK, Event.TESTED_CLOSED)
_CLOSED = (Event.RELEASED, Event.MANAGED, Event.ENDED, Event.EXPECTED_TO_FAIL)


def lent_to_tasks(facts: ModuleFacts, function: FunctionFacts) -> Iterator[tuple[Verdict, ast.Call]]:
    """Yield the acquisitions that are given to tasks alone, each with the call that one of the tasks runs."""
    for verdict in function.verdicts:
        if only_lent(function, verdict) and not facts.closes_for_process(verdict.summary.origin.resource):
            run = _run_by_tasks(facts, function, verdict.summary)
            if run and not is_replaced(function, verdict):
                yield verdict, run[0]


def only_lent(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether only calls may have kept the resource, and NAQ101 to NAQ103 say nothing of it yet."""
    return is_silent(function, verdict) and is_only_passed(verdict.summary)


def is_only_passed(summary: AcquisitionSummary) -> bool:
    """Return whether nothing ends the resource, and calls that are given it may have kept it, but nothing else."""
    return bool(summary.kept_elsewhere) and not summary.saw(*_ELSEWHERE, *_CLOSED)


def is_silent(function: FunctionFacts, verdict: Verdict) -> bool:
    """Return whether NAQ101 to NAQ103 say nothing of it by the verdict alone."""
    return verdict.outcome is Outcome.FINE or (verdict.before_handoff and not is_given_away(function, verdict))


def _run_by_tasks(facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary) -> list[ast.Call]:
    """Return the calls that get the resource, none unless tasks run all of them, and they only use it."""
    calls = [node for node in summary.kept_elsewhere if isinstance(node, ast.Call)]
    nodes = walk_scope(function.scope.node)
    scheduled = {id(argument) for node in nodes for argument in _scheduled(facts, function, node)}
    if len(calls) != len(summary.kept_elsewhere):
        return []
    for call in calls:
        in_thread = run_later(call, function.names, facts.catalogue.calls)
        if in_thread is None and not (id(call) in scheduled and _is_coroutine(facts, function, call)):
            return []
        if not only_uses(facts, function, in_thread or call, summary):
            return []
    return sorted(calls, key=lambda one: one.lineno)


def only_uses(facts: ModuleFacts, function: FunctionFacts, call: ast.Call, summary: AcquisitionSummary) -> bool:
    """Return whether the function called gets the resource by its name, and neither keeps nor ends it."""
    name, resource = summary.origin.name, summary.origin.resource
    given = [key for key, value in keyed_arguments(call) if isinstance(value, ast.Name) and value.id == name]
    return {facts.callees.effect(call, key, function.names, resource) for key in given} == {Effect.BORROWS}


def _is_coroutine(facts: ModuleFacts, function: FunctionFacts, call: ast.Call) -> bool:
    """Return whether the call only makes a coroutine, be it of a method of another module."""
    if facts.callees.is_coroutine(call, function.names):
        return True
    method = facts.callees.object_methods.imported_function(call, function.names)
    return method is not None and method.is_coroutine


def _scheduled(facts: ModuleFacts, function: FunctionFacts, node: ast.AST) -> list[ast.expr]:
    """Return the arguments of a call that makes a task."""
    if not isinstance(node, ast.Call):
        return []
    calls = facts.catalogue.calls
    called = function.names.of(node.func)
    method = node.func.attr if isinstance(node.func, ast.Attribute) and called is None else ""
    passes = called in calls.pass_through or method in calls.pass_through_methods
    return arguments_of(node) if passes and called not in calls.awaiting and method not in calls.awaiting_methods else []
