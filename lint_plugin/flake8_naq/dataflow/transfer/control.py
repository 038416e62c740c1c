"""Transfer functions of control flow: forks, jumps, raised exceptions, yields, and what concerns no resource."""

from __future__ import annotations

from typing import Final, assert_never

from flake8_naq.cfg.exceptions import ANY, ExceptionSet
from flake8_naq.cfg.graph import Point
from flake8_naq.cfg.instructions import Exit, FailExpectation, Fork, Jump, Opaque, Raise, Yield
from flake8_naq.cfg.values import Value
from flake8_naq.dataflow.exceptions import GENERATOR_EXIT
from flake8_naq.dataflow.observations import Departure, Event, Observation
from flake8_naq.dataflow.problem import Problem
from flake8_naq.dataflow.state import NO_SITES, State, Status
from flake8_naq.dataflow.step import Outcome, Step, Transfer, exceptional, raising, straight, transfer_of

Control = Opaque | Jump | Fork | Raise | Yield | FailExpectation | Exit
_OTHER_WORK: Final = (Observation(Event.HAD_OTHER_WORK),)
_YIELDED_OPEN: Final = (Observation(Event.YIELDED_OPEN),)


def control_function(instruction: Control) -> Transfer:
    """Return the transfer function of an instruction of control flow."""
    match instruction:
        case Opaque():
            return transfer_of(Opaque, opaque)
        case Jump():
            return transfer_of(Jump, jump)
        case Fork():
            return transfer_of(Fork, fork)
        case Raise():
            return transfer_of(Raise, raise_)
        case Yield():
            return transfer_of(Yield, yield_)
        case FailExpectation():
            return transfer_of(FailExpectation, fail_expectation)
        case Exit():
            return transfer_of(Exit, leave)
        case _:
            assert_never(instruction)


def opaque(instruction: Opaque, point: Point, problem: Problem, state: State) -> Step:
    """Something that concerns no resource. Where it waits, others can use what a managed block has stored."""
    outcomes = exceptional(point, state, problem)
    observations = _OTHER_WORK if state.status is Status.OPEN or state.status is Status.MANAGED else ()
    waits = point.cancels or instruction.waits
    outcomes.append(straight(point, _waited(state) if waits else state))
    return Step(outcomes, observations)


def _waited(state: State) -> State:
    """Return the state after a wait: what was stored in a managed block was stored for use during the block."""
    return state.with_sites(NO_SITES) if state.sites and state.status is Status.MANAGED else state


def jump(instruction: Jump, point: Point, problem: Problem, state: State) -> Step:
    """Nothing."""
    return Step((straight(point, state),))


def fork(instruction: Fork, point: Point, problem: Problem, state: State) -> Step:
    """One of two ways."""
    outcomes = exceptional(point, state, problem)
    after = _waited(state) if point.cancels else state
    outcomes.append(straight(point, after))
    outcomes.append((problem.function.graph.labels[instruction.other], after, None))
    return Step(outcomes)


def raise_(instruction: Raise, point: Point, problem: Problem, state: State) -> Step:
    """A `raise`: of a new exception, or of the exception that a handler has taken."""
    if instruction.handled < 0:
        return Step((raising(point, state, instruction.exception, Departure.RAISES, problem),))
    handled = state.slots[instruction.handled]
    again = handled if isinstance(handled, ExceptionSet) else ANY
    return Step((raising(point, state, again, None, problem),))


def yield_(instruction: Yield, point: Point, problem: Problem, state: State) -> Step:
    """A generator gives control away; what a managed block has stored is in use while the generator waits."""
    is_open = state.status in (Status.OPEN, Status.HANDED_OFF) and Value.RESOURCE in state.slots
    state = _waited(state)
    outcomes: list[Outcome] = []
    if point.raises:
        outcomes.append(raising(point, state, ANY, Departure.YIELDS, problem))
        outcomes.append(raising(point, state, GENERATOR_EXIT, Departure.YIELDS, problem))
    outcomes.append(straight(point, state))
    return Step(outcomes, _YIELDED_OPEN if is_open else ())


def fail_expectation(instruction: FailExpectation, point: Point, problem: Problem, state: State) -> Step:
    """The end of a `with raises(...)` whose body did not raise: the test has failed, and how it leaves is no matter."""
    if state.status is not Status.OPEN:
        return Step(())
    return Step((), (Observation(Event.EXPECTED_TO_FAIL, state.acquisition),))


def leave(instruction: Exit, point: Point, problem: Problem, state: State) -> Step:
    """The function has ended."""
    return Step(())
