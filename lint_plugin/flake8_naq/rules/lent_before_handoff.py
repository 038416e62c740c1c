"""Resources that a function lends to another of the project, which works with them and may fail, before it hands them on.

As in `connection = sqlite3.connect(path)`, `create_tables(connection)`, `return connection`: what fails in `create_tables` is an
operation of the connection, though the call is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_naq.dataflow.observations import Departure, Leak
from flake8_naq.dataflow.verdict import Outcome, Verdict, leaks_before_handoff
from flake8_naq.dataflow.witness import first_leak
from flake8_naq.facts.failing import lent_at, may_fail
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.rules.lifetime import with_outcome


def lent_before_handoff(facts: ModuleFacts) -> tuple[tuple[FunctionFacts, Verdict], ...]:
    """Return the acquisitions that are lost where such a function fails, each with the verdict that says so."""
    return facts.once(_each_lent)


def _each_lent(facts: ModuleFacts) -> tuple[tuple[FunctionFacts, Verdict], ...]:
    return tuple(_lent(facts))


def _lent(facts: ModuleFacts) -> Iterator[tuple[FunctionFacts, Verdict]]:
    for function, verdict in with_outcome(facts, Outcome.FINE):
        early = leaks_before_handoff(verdict.call, verdict.summary)
        raises = [one for one in early if one.departure is Departure.RAISES]
        failing = [one for one in raises if _fails_in_callee(facts, function, verdict, one)]
        if failing:
            yield function, verdict._replace(outcome=Outcome.LEAKS, leak=first_leak(failing), before_handoff=True)


def _fails_in_callee(facts: ModuleFacts, function: FunctionFacts, verdict: Verdict, leak: Leak) -> bool:
    """Return whether a call on the line of the leak lends the resource to a function that works with it."""
    origin = verdict.summary.origin
    lent = lent_at(function.scope.node, leak, origin.name) if origin.name else ()
    return any(may_fail(facts.callees, one, function.names, origin.resource) for one in lent)
