"""Resources that a function lends to another of the project, which works with them and may fail, before it hands them on.

As in `connection = sqlite3.connect(path)`, `create_tables(connection)`, `return connection`: what fails in `create_tables` is an
operation of the connection, though the call is none. The same is true of a second resource that is opened in between, as in
`a = await connect(first)`, `b = await connect(second)`, `return a, b`: a server may be gone, or a file.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Final

from flake8_naq.dataflow.observations import Departure, Leak
from flake8_naq.dataflow.verdict import Outcome, Verdict, leaks_before_handoff
from flake8_naq.dataflow.witness import first_leak
from flake8_naq.facts.failing import lent_at, may_fail
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.rules.lifetime import with_outcome
from flake8_naq.syntax.nodes import is_in_body, is_named_like_class, last_name

_OPENING: Final = ("connect", "open")  # in the name of a function that waits for a server, or asks for a file


def lent_before_handoff(facts: ModuleFacts) -> tuple[tuple[FunctionFacts, Verdict], ...]:
    """Return the acquisitions that are lost where such a function fails, each with the verdict that says so."""
    return facts.once(_each_lent)


def _each_lent(facts: ModuleFacts) -> tuple[tuple[FunctionFacts, Verdict], ...]:
    return tuple(_lent(facts))


def _lent(facts: ModuleFacts) -> Iterator[tuple[FunctionFacts, Verdict]]:
    for function, verdict in with_outcome(facts, Outcome.FINE):
        early = leaks_before_handoff(verdict.call, verdict.summary)
        raises = [one for one in early if one.departure is Departure.RAISES]
        opened = {one.lineno for one in _opened_beside(facts, function, verdict)} if early else set()
        failing = [one for one in raises if _fails_in_callee(facts, function, verdict, one)]
        failing += [one for one in _raised(verdict) if one.line in opened]
        if failing:
            yield function, verdict._replace(outcome=Outcome.LEAKS, leak=first_leak(failing), before_handoff=True)


def _fails_in_callee(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict, leak: Leak) -> bool:
    """Return whether a call on the line of the leak lends the resource to a function that works with it."""
    origin = verdict.summary.origin
    lent = lent_at(function.scope.node, leak, origin.name) if origin.name else ()
    return any(may_fail(facts.callees, one, function.names, origin.resource) for one in lent)


def _raised(verdict: Verdict) -> Iterator[Leak]:
    """Yield the errors that leave it open, also those that a handler of the function takes, which may then return None."""
    kept = verdict.summary.kept_elsewhere
    for one in verdict.summary.leaks:
        if one.acquisition is verdict.call and one.certain and one.departure is Departure.RAISES and one.sites.isdisjoint(kept):
            yield one


def _opened_beside(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict) -> Iterator[ast.Call]:
    """Yield the calls of the function that open another resource, and may fail at that: no class that is just called."""
    for summary in function.summaries:
        for call in summary.acquired:
            name = last_name(call.func).lower()
            opens = not is_named_like_class(call.func) and any(one in name for one in _OPENING)
            is_later = call.lineno > (verdict.call.end_lineno or 0)  # several that one line opens belong to one call
            if is_later and (opens or isinstance(facts.parents.parents[call], ast.Await)):
                if not _is_expected_to_fail(facts, call, verdict.summary.released):
                    yield call


def _is_expected_to_fail(facts: ModuleFacts, call: ast.Call, released: Collection[ast.AST]) -> bool:
    """Return whether a handler around the call releases the resource: it says what can be raised there."""
    tries = (one for one in facts.parents.ancestors(call) if isinstance(one, (ast.Try, ast.TryStar)) and is_in_body(one, call))
    return any(inner in released for one in tries for handler in one.handlers for inner in ast.walk(handler))
