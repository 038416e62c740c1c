"""What a transfer function is given besides the state, and what it returns.

Given: the graph, the origin that is followed, and the callees. Returned: the states behind the instruction, and what
was observed there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from flake8_naq.catalogue.model import Kind
from flake8_naq.cfg.graph import Graph, Point
from flake8_naq.cfg.instructions import Dispatch, EnterFinally, Jump, MethodCall, Origin
from flake8_naq.cfg.values import EXCEPTIONAL_EXIT, RESOURCE, SlotValue, Value, View
from flake8_naq.dataflow.observations import Departure, Event, Observation
from flake8_naq.dataflow.state import ABSENT, GONE, MANAGED, NO_SITES, State
from flake8_naq.prescan.callees import Summaries
from flake8_naq.prescan.exceptions import ANY, ATTRIBUTE_ERROR, CANCELLED, ExceptionSet, Match, match
from flake8_naq.syntax.names import Names


class Function(NamedTuple):
    """One function: its graph, and what is known of kinds and callees."""

    graph: Graph
    kinds: Mapping[str, Kind]
    summaries: Summaries
    names: Names


class Problem(NamedTuple):
    """The dataflow problem of one origin in one function.

    `all_exceptions`: exceptions that leave the function are followed even where they cannot leak the resource.
    """

    function: Function
    origin: Origin
    all_exceptions: bool = False

    def kind_of(self, held: SlotValue) -> str | None:
        """Return the kind of the resource or view that a slot holds, None for any other value."""
        if held is RESOURCE:
            return self.origin.resource.kind
        return held.kind if type(held) is View else None

    def has_value(self, kind: str) -> bool:
        """Return whether objects of the kind are plain values, which outlive what they were made from."""
        known = self.function.kinds.get(kind)
        return known is not None and known.value

    def fits(self, call: MethodCall) -> bool:
        """Return whether the release method takes that many arguments: an old `drain(sid)` drained a subscription."""
        kind = self.function.kinds.get(self.origin.resource.kind)
        method = kind.methods.get(call.method) if kind is not None else None
        return method is None or len(call.node.args) <= len(method.params)


def dispatches(graph: Graph, handler: int) -> Iterator[Dispatch]:
    """Yield the handlers of each `try` on the way out from a handler, the innermost first."""
    while handler != EXCEPTIONAL_EXIT:
        instruction = graph.points[handler].instruction
        if isinstance(instruction, Dispatch):
            yield instruction
        handler = graph.points[handler].handler


def expects_failure(graph: Graph, handler: int) -> bool:
    """Return whether a handler of a specific exception takes what is raised: then using a closed resource is a test."""
    types = (one.types for dispatch in dispatches(graph, handler) for one in dispatch.handlers)
    return any("Exception" not in taken and "BaseException" not in taken for taken in types)


def open_or_gone(
    node: ast.AST, point: Point, problem: Problem, state: State, gone: Event = Event.USED_GONE
) -> Observation:
    """Return whether a use that needs the resource open finds it so; a use that is expected to fail is a test."""
    fails = state.status in GONE and not expects_failure(problem.function.graph, point.handler)
    return Observation(gone if fails else Event.USED_LIVE, node)


def expects(graph: Graph, handler: int, error: ExceptionSet) -> bool:
    """Return whether a `try` or `suppress` around a release in a cleanup takes the error."""
    instruction = graph.points[handler].instruction
    if not isinstance(instruction, Dispatch) or handler not in graph.cleanup:
        return False
    return any(match(error, one.types) is Match.YES for one in instruction.handlers)


# A state behind an instruction, at a program point, and how control left the straight line. Plain tuples: nothing else
# is made as often.
Outcome = tuple[int, State, Departure | None]


class Step(NamedTuple):
    """All that one instruction does to one state; `lost`: the resource, or the previous one, that has no name now."""

    outcomes: Sequence[Outcome]
    observations: Sequence[Observation] = ()
    lost: Value | None = None


class Change(NamedTuple):
    """A state after a part of an instruction, and what was observed."""

    state: State
    observations: Sequence[Observation] = ()


def raising(point: Point, state: State, raised: ExceptionSet, departure: Departure | None, problem: Problem) -> Outcome:
    """Return the outcome at the handler, with `raised` on its way.

    What was stored inside a managed block is asked about where the block ends normally.
    """
    sites = NO_SITES if state.status is MANAGED else state.sites
    interrupted = state.interrupted or (problem.origin.loops > 0 and state.acquisition is not None)
    after = State(state.status, state.acquisition, sites, (raised, *state.slots[1:]), interrupted)
    return point.handler, after, departure


def exceptional(point: Point, state: State, problem: Problem) -> list[Outcome]:
    """Return the outcomes of the point's exceptional edges, without those on which no resource can leak."""
    outcomes: list[Outcome] = []
    if not point.raises and not point.cancels:
        return outcomes
    if point.handler == EXCEPTIONAL_EXIT and not problem.all_exceptions and state.is_settled:
        return outcomes
    if point.raises:
        outcomes.append(raising(point, state, ANY, Departure.RAISES, problem))
    if point.cancels:
        outcomes.append(raising(point, state, CANCELLED, Departure.CANCELLED, problem))
    return outcomes


def going_on(point: Point, state: State, observations: Sequence[Observation] = (), lost: Value | None = None) -> Step:
    """Return the step of control that goes straight on, and nowhere else."""
    return Step(((point.next, state, None),), observations, lost)


def passing(
    point: Point, before: State, after: State, problem: Problem, observations: Sequence[Observation] = ()
) -> Step:
    """Return the step of control that goes straight on with `after`, or raises from `before`."""
    outcomes = exceptional(point, before, problem)
    # Other code runs meanwhile: at an `await`, and in any call where the code is synchronous.
    if after.sites and (point.cancels or (point.raises and not problem.origin.resource.asynchronous)):
        after, in_use = waited(after)
        observations = (*observations, *in_use)
    outcomes.append((point.next, after, None))
    return Step(outcomes, observations)


def waited(state: State) -> Change:
    """Return the state after a wait: what was stored in a managed block was stored for use during the block."""
    if state.status is not MANAGED:
        return Change(state)
    return Change(state._replace(sites=NO_SITES), [Observation(Event.IN_USE, site) for site in state.sites])


def failing(point: Point, state: State, problem: Problem, error: ExceptionSet, release: ast.AST | None = None) -> Step:
    """Return the step of an attribute of None or of an unbound name, which raises `error`.

    `release` is the release of a resource that was never acquired.
    """
    outcome = raising(point, state, error, Departure.RAISES, problem)
    if release is None or state.status is not ABSENT or expects(problem.function.graph, point.handler, error):
        return Step((outcome,))
    held = "None" if error is ATTRIBUTE_ERROR else None
    return Step((outcome,), (Observation(Event.UNBOUND_RELEASE, release, held),))


_JUMPS: Final = {ast.Return: Departure.RETURNS, ast.Break: Departure.BREAKS, ast.Continue: Departure.CONTINUES}


def departure_of(instruction: Jump | EnterFinally) -> Departure | None:
    """Return how a `return`, `break` or `continue` leaves; None for a jump that the builder made."""
    return _JUMPS.get(type(instruction.node))
