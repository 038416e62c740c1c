"""Resources that a function gives to another of the project, which closes them only if nothing fails: `load(connection)`.

As `def load(connection): connection.execute(...); connection.close()` does: an error of `execute` leaves it open, and the caller,
which leaves the close to `load`, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flake8_naq.dataflow.observations import AcquisitionSummary, Event
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.facts.failing import may_fail
from flake8_naq.facts.functions import FunctionFacts
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.callees import Effect
from flake8_naq.rules.lifetime import with_outcome
from flake8_naq.syntax.callees import keyed_arguments
from flake8_naq.syntax.nodes import dotted


class ClosedByCallee(NamedTuple):
    """An acquisition, and the one call that closes what it opens."""

    function: FunctionFacts
    verdict: Verdict
    closing: ast.Call


def closed_by_callees(facts: ModuleFacts) -> tuple[ClosedByCallee, ...]:
    """Return the acquisitions that only such a function closes; a program that ends with the error has closed all."""
    return facts.once(_each_closed)


def _each_closed(facts: ModuleFacts) -> tuple[ClosedByCallee, ...]:
    return tuple(_closed(facts))


def _closed(facts: ModuleFacts) -> Iterator[ClosedByCallee]:
    for function, verdict in with_outcome(facts, Outcome.HAND_CLOSED):
        closing = None if isinstance(function.scope.node, ast.Module) else _closing(verdict)
        if closing is not None and closes_in_the_end(facts, function, verdict.summary, closing):
            yield ClosedByCallee(function, verdict, closing)


def closes_in_the_end(
    facts: ModuleFacts, function: FunctionFacts, summary: AcquisitionSummary, closing: ast.Call
) -> bool:
    """Return whether the call is that of a function that closes the resource, and may fail before."""
    name, resource = summary.origin.name, summary.origin.resource
    given = [(closing, key) for key, value in keyed_arguments(closing) if name and dotted(value) == name]
    return any(may_fail(facts.callees, one, function.names, resource, effect=Effect.RELEASES) for one in given)


def _closing(verdict: Verdict) -> ast.Call | None:
    """Return the call of a function that alone closes it, on every way."""
    nodes = list(verdict.summary.nodes(Event.RELEASED))
    if len(nodes) != 1 or verdict.summary.saw(Event.SECOND_RELEASE):  # as in a handler, where the function fails
        return None
    return nodes[0] if isinstance(nodes[0], ast.Call) else None
