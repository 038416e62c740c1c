"""Transfer functions of `try`: which handler takes an exception, and how control goes on behind a `finally`."""

from __future__ import annotations

from typing import assert_never

from flake8_naq.cfg.exceptions import ANY, ExceptionSet
from flake8_naq.cfg.graph import Graph, Point
from flake8_naq.cfg.instructions import Dispatch, EndFinally, EnterFinally, Handler
from flake8_naq.cfg.values import IN_FLIGHT, Goto, Reraise, Slot
from flake8_naq.dataflow.exceptions import Match, caught_by, match, passed_by
from flake8_naq.dataflow.problem import Problem
from flake8_naq.dataflow.state import State
from flake8_naq.dataflow.step import Outcome, Step, Transfer, departure_of, straight, transfer_of

Cleanup = Dispatch | EnterFinally | EndFinally


def cleanup_function(instruction: Cleanup) -> Transfer:
    """Return the transfer function of an instruction that belongs to a `try`."""
    match instruction:
        case Dispatch():
            return transfer_of(Dispatch, dispatch)
        case EnterFinally():
            return transfer_of(EnterFinally, enter_finally)
        case EndFinally():
            return transfer_of(EndFinally, end_finally)
        case _:
            assert_never(instruction)


def dispatch(instruction: Dispatch, point: Point, problem: Problem, state: State) -> Step:
    """Give the exception in flight to each handler that may take it, and what is left to the next `try`."""
    graph = problem.function.graph
    state = _body_ended(state, instruction.first, instruction.end, graph)
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


def _handled(handler: Handler, answer: Match, raised: ExceptionSet, state: State, graph: Graph) -> list[Outcome]:
    """Return the outcomes at the handler: one for each exception, where a bare `raise` will ask for it."""
    entry, state = graph.labels[handler.entry], state.with_slot(IN_FLIGHT, None)
    if handler.slot < 0:
        return [(entry, state, None)]
    caught = (raised,) if answer is Match.YES else caught_by(raised, handler.types)
    return [(entry, state.with_slot(handler.slot, one), None) for one in caught]


def enter_finally(instruction: EnterFinally, point: Point, problem: Problem, state: State) -> Step:
    """Note how to go on behind the `finally`."""
    if instruction.completion is None:
        state = _body_ended(state, instruction.first, instruction.end, problem.function.graph)
        completion = Reraise(_in_flight(state))
        return Step((straight(point, state.with_slot(instruction.slot, completion).with_slot(IN_FLIGHT, None)),))
    label, statement = instruction.completion
    departure = departure_of(instruction)
    how = "" if departure is None else departure.value
    after = state.with_slot(instruction.slot, Goto(label, getattr(statement, "lineno", 0), how))
    return Step(((point.next, after, departure),))


def end_finally(instruction: EndFinally, point: Point, problem: Problem, state: State) -> Step:
    """Go on as the completion says."""
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


def _body_ended(state: State, first: Slot, end: Slot, graph: Graph) -> State:
    """Return the state with the slots that only the body of the `try` needed as they were at the entry."""
    if first >= end:
        return state
    return state.with_slots((*state.slots[:first], *graph.initial[first:end], *state.slots[end:]))
