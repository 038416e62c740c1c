"""Transfer functions of control flow: forks, jumps, yields, raised exceptions and what takes them."""

from __future__ import annotations

from typing import Final

from flake8_naq.cfg import instructions as ins
from flake8_naq.cfg.graph import Graph, Point
from flake8_naq.cfg.values import IN_FLIGHT, RESOURCE, Goto, Reraise
from flake8_naq.dataflow.observations import Departure, Event, Observation
from flake8_naq.dataflow.problem import Outcome, Problem, Step, departure_of, going_on, passing, raising, waited
from flake8_naq.dataflow.state import HANDED_OFF, MANAGED, OPEN, State
from flake8_naq.prescan.exceptions import ANY, GENERATOR_EXIT, ExceptionSet, Match, caught_by, match, passed_by

_OTHER_WORK: Final = (Observation(Event.HAD_OTHER_WORK),)
_YIELDED_OPEN: Final = (Observation(Event.YIELDED_OPEN),)


def opaque(instruction: ins.Opaque, point: Point, problem: Problem, state: State) -> Step:
    """Something that concerns no resource."""
    observations = _OTHER_WORK if state.status is OPEN or state.status is MANAGED else ()
    return passing(point, state, state, problem, observations)


def jump(instruction: ins.Jump, point: Point, problem: Problem, state: State) -> Step:
    return going_on(point, state)


def fork(instruction: ins.Fork, point: Point, problem: Problem, state: State) -> Step:
    outcomes, observations, _ = passing(point, state, state, problem)
    return Step([*outcomes, (problem.function.graph.labels[instruction.other], outcomes[-1][1], None)], observations)


def raise_(instruction: ins.Raise, point: Point, problem: Problem, state: State) -> Step:
    if instruction.handled < 0:
        return Step((raising(point, state, instruction.exception, Departure.RAISES, problem),))
    handled = state.slots[instruction.handled]
    again = handled if isinstance(handled, ExceptionSet) else ANY
    return Step((raising(point, state, again, None, problem),))


def yield_(instruction: ins.Yield, point: Point, problem: Problem, state: State) -> Step:
    """A generator gives control away; what a managed block has stored is in use while the generator waits."""
    is_open = state.status in (OPEN, HANDED_OFF) and RESOURCE in state.slots
    state, in_use = waited(state)
    raised = (ANY, GENERATOR_EXIT) if point.raises else ()
    outcomes = [raising(point, state, one, Departure.YIELDS, problem) for one in raised]
    return Step([*outcomes, (point.next, state, None)], _YIELDED_OPEN if is_open else in_use)


def fail_expectation(instruction: ins.FailExpectation, point: Point, problem: Problem, state: State) -> Step:
    """The end of a `with raises(...)` whose body did not raise: the test failed, and how it leaves does not matter."""
    if state.status is not OPEN:
        return Step(())
    return Step((), (Observation(Event.EXPECTED_TO_FAIL, state.acquisition),))


def dispatch(instruction: ins.Dispatch, point: Point, problem: Problem, state: State) -> Step:
    """Give the exception in flight to each handler that may take it, and what is left to the next `try`."""
    graph = problem.function.graph
    raised = _in_flight(state)
    outcomes: list[Outcome] = []
    for handler in instruction.handlers:
        answer = match(raised, handler.types)
        if answer is Match.NO:
            continue
        outcomes += _handled(handler, answer, raised, state, graph)
        if handler.group:  # the rest of the group goes on as it is
            continue
        if answer is Match.YES:
            return Step(outcomes)
        raised = passed_by(raised, handler.types)
    outcomes.append((point.handler, state.with_slot(IN_FLIGHT, raised), None))
    return Step(outcomes)


def _handled(handler: ins.Handler, answer: Match, raised: ExceptionSet, state: State, graph: Graph) -> list[Outcome]:
    """Return the outcomes at the handler: one for each exception, where a bare `raise` will ask for it."""
    entry, state = graph.labels[handler.entry], state.with_slot(IN_FLIGHT, None)
    if handler.slot < 0:
        return [(entry, state, None)]
    caught = (raised,) if answer is Match.YES else caught_by(raised, handler.types)
    return [(entry, state.with_slot(handler.slot, one), None) for one in caught]


def enter_finally(instruction: ins.EnterFinally, point: Point, problem: Problem, state: State) -> Step:
    if instruction.completion is None:
        completion = Reraise(_in_flight(state))
        return going_on(point, state.with_slot(instruction.slot, completion).with_slot(IN_FLIGHT, None))
    after = state.with_slot(instruction.slot, Goto(instruction.completion))
    return Step(((point.next, after, departure_of(instruction)),))


def end_finally(instruction: ins.EndFinally, point: Point, problem: Problem, state: State) -> Step:
    completion = state.slots[instruction.slot]
    after = state.with_slot(instruction.slot, None)
    if isinstance(completion, Reraise):
        return Step(((point.handler, after.with_slot(IN_FLIGHT, completion.exception), None),))
    if isinstance(completion, Goto):
        return Step(((problem.function.graph.labels[completion.target], after, None),))
    return Step(())


def _in_flight(state: State) -> ExceptionSet:
    raised = state.slots[IN_FLIGHT]
    return raised if isinstance(raised, ExceptionSet) else ANY
