"""What a transfer function returns: the states behind an instruction, and what was observed there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar, cast

from flake8_naq.cfg.exceptions import ANY, CANCELLED, ExceptionSet
from flake8_naq.cfg.graph import Point
from flake8_naq.cfg.instructions import EnterFinally, Instruction, Jump
from flake8_naq.dataflow.exceptions import ATTRIBUTE_ERROR, UNBOUND_LOCAL
from flake8_naq.dataflow.observations import Departure, Event, Observation
from flake8_naq.dataflow.problem import Problem, expects_unbound
from flake8_naq.dataflow.state import NO_SITES, State, Status

# A state behind an instruction, at a program point, and how control left the straight line. Plain tuples: nothing else
# is made as often.
Outcome = tuple[int, State, Departure | None]


class Loss(NamedTuple):
    """The last name of the open resource is lost here; `previous`: of the resource that was acquired before."""

    departure: Departure
    previous: bool


class Step(NamedTuple):
    """All that one instruction does to one state."""

    outcomes: Sequence[Outcome]
    observations: Sequence[Observation] = ()
    loss: Loss | None = None


Transfer = Callable[[Instruction, Point, Problem, State], Step]
Kind = TypeVar("Kind", bound=Instruction)


def transfer_of(kind: type[Kind], function: Callable[[Kind, Point, Problem, State], Step]) -> Transfer:
    """Return the transfer function of a class of instructions as a function that is called with these only."""
    return cast(Transfer, function)


class Change(NamedTuple):
    """A state after a part of an instruction, and what was observed."""

    state: State
    observations: Sequence[Observation] = ()


def straight(point: Point, state: State) -> Outcome:
    """Return the outcome of control that goes straight on."""
    return point.next, state, None


def raising(point: Point, state: State, raised: ExceptionSet, departure: Departure | None, problem: Problem) -> Outcome:
    """Return the outcome at the handler, with `raised` on its way.

    What was stored inside a managed block is asked about where the block ends normally.
    """
    sites = NO_SITES if state.status is Status.MANAGED else state.sites
    interrupted = state.interrupted or (problem.origin.loops > 0 and state.acquisition is not None)
    after = State(state.status, state.acquisition, sites, (raised, *state.slots[1:]), interrupted)
    return point.handler, after, departure


def exceptional(point: Point, state: State, problem: Problem) -> list[Outcome]:
    """Return the outcomes of the point's exceptional edges."""
    outcomes: list[Outcome] = []
    if point.raises:
        outcomes.append(raising(point, state, ANY, Departure.RAISES, problem))
    if point.cancels:
        outcomes.append(raising(point, state, CANCELLED, Departure.CANCELLED, problem))
    return outcomes


def failing_lookup(point: Point, state: State, problem: Problem) -> Step:
    """Return the step of an attribute of None."""
    return Step((raising(point, state, ATTRIBUTE_ERROR, Departure.RAISES, problem),))


def unbound(point: Point, state: State, problem: Problem, release: ast.AST | None = None) -> Step:
    """Return the step of an unbound name; `release`: the release of a resource that was never acquired."""
    outcome = raising(point, state, UNBOUND_LOCAL, Departure.RAISES, problem)
    if release is None or state.status is not Status.ABSENT or expects_unbound(problem.function.graph, point.handler):
        return Step((outcome,))
    return Step((outcome,), (Observation(Event.UNBOUND_RELEASE, release),))


_JUMPS: Final = {ast.Return: Departure.RETURNS, ast.Break: Departure.BREAKS, ast.Continue: Departure.CONTINUES}


def departure_of(instruction: Jump | EnterFinally) -> Departure | None:
    """Return how a `return`, `break` or `continue` leaves; None for a jump that the builder made."""
    return _JUMPS.get(type(instruction.node))
