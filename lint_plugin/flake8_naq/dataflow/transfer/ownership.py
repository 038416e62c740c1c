"""Transfer functions by which the resource gets an owner: it is acquired, entered, passed on, handed off."""

from __future__ import annotations

from flake8_naq.cfg.graph import Point
from flake8_naq.cfg.instructions import Acquire, EnterManaged, Escape, HandOff, PassArgument
from flake8_naq.cfg.values import Value, View
from flake8_naq.dataflow.observations import Departure, Event, Observation
from flake8_naq.dataflow.problem import Change, Problem, Step, going_on, open_or_gone, passing, raising
from flake8_naq.dataflow.state import State, Status
from flake8_naq.dataflow.transfer import typestate
from flake8_naq.prescan.callees import Effect


def acquire(instruction: Acquire, point: Point, problem: Problem, state: State) -> Step:
    if instruction.origin != problem.origin.number:
        return passing(point, state, state.with_slot(instruction.slot, Value.OTHER_RESOURCE), problem)
    after, observations = typestate.acquired(state, instruction.slot, problem)
    return passing(point, state, after, problem, observations)


def enter_managed(instruction: EnterManaged, point: Point, problem: Problem, state: State) -> Step:
    """A `with` owns the resource, unless what it calls at its end does not release it."""
    if state.slots[instruction.slot] is not Value.RESOURCE:
        return going_on(point, state)
    if instruction.method is not None and not _releases(instruction.method, problem):
        return going_on(point, state.with_slot(instruction.slot, Value.UNKNOWN))
    if instruction.method is None and not problem.origin.resource.context_manager:
        return going_on(point, state, (Observation(Event.KEPT_OPEN),))
    if state.status in (Status.OPEN, Status.HANDED_OFF):
        state = state._replace(status=Status.MANAGED)
    return going_on(point, state, (Observation(Event.ENTERED), Observation(Event.MANAGED)))


def _releases(method: str, problem: Problem) -> bool:
    """Return whether `closing` or `aclosing`, which calls the method, releases the resource."""
    resource = problem.origin.resource
    return method in resource.release_methods and (method in resource.awaited) == (method == "aclose")


def hand_off(instruction: HandOff, point: Point, problem: Problem, state: State) -> Step:
    after, observations = _handed_off(instruction, problem, state)
    held, is_given = state.slots[instruction.slot], instruction.escape in (Escape.PASSED, Escape.LENT)
    if instruction.escape is Escape.RETURNED and type(held) is View:  # a caller may ask it for what it still gives
        is_given = not problem.origin.resource.after_release
    if is_given and problem.kind_of(held) is not None:
        passed = open_or_gone(instruction.node, point, problem, state, Event.PASSED_GONE)
        observations = (*observations, passed)
    return going_on(point, after, observations)


def _handed_off(instruction: HandOff, problem: Problem, state: State) -> Change:
    held, node, escape = state.slots[instruction.slot], instruction.node, instruction.escape
    if escape is Escape.CAPTURED or escape is Escape.MENTIONED:
        return _captured(instruction, problem, state)
    resource = problem.origin.resource
    kind = resource.kind if held is Value.PREVIOUS_RESOURCE else problem.kind_of(held)
    if kind is None:
        return Change(state)
    if escape is Escape.ENTERED and held is Value.RESOURCE and not resource.context_manager:
        return Change(state, (Observation(Event.KEPT_OPEN),))
    given = escape is Escape.PASSED or escape is Escape.CONTAINED
    leaves = escape in (Escape.RETURNED, Escape.STORED) and not problem.has_value(kind)
    change = Change(state)
    if escape is Escape.LENT:
        pass
    elif held is Value.PREVIOUS_RESOURCE:
        change = Change(state.without_previous(), (Observation(Event.HANDED_OFF),))
    elif held is Value.RESOURCE:
        change = typestate.handed_off(state, node, escape)
    elif (leaves or given) and resource.process_lived and state.status is Status.OPEN:
        # The view keeps it for as long as the process: `return client["orders"]`, `Store(client["orders"])`.
        change = typestate.handed_off(state, node, escape)
    elif leaves and state.status is Status.MANAGED:
        change = typestate.taken_out(state, node, escape)
    observations = [Observation(Event.USED, node, kind), *change.observations]
    if type(held) is View and state.status is Status.OPEN and (leaves or (given and resource.process_lived)):
        observations.append(Observation(Event.VIEW_LEFT, node))
    return Change(change.state, observations)


def _captured(instruction: HandOff, problem: Problem, state: State) -> Change:
    """A nested function that captures what the slot holds is returned or stored: it keeps what is open."""
    if state.slots[instruction.slot] is Value.RESOURCE and state.status is Status.OPEN:
        if instruction.escape is Escape.CAPTURED:
            return typestate.handed_off(state, instruction.node, instruction.escape)
    if state.status is not Status.MANAGED or problem.kind_of(state.slots[instruction.slot]) is None:
        return Change(state)
    if instruction.escape is Escape.MENTIONED:
        return typestate.taken_out(state, instruction.node, instruction.escape)
    how = "captured by a function that is returned"
    return Change(state, (Observation(Event.OUTLIVES_BLOCK, instruction.node, how),))


def pass_argument(instruction: PassArgument, point: Point, problem: Problem, state: State) -> Step:
    """An argument of a function of the same file: the function's summary says what becomes of it.

    A function that releases has released by the time it raises, so that effect comes before the call.
    """
    held, node, before = state.slots[instruction.slot], instruction.node, instruction.before
    function, resource = problem.function, problem.origin.resource
    if held is Value.NONE and before and instruction.runs:
        raised = function.summaries.raises_on_none(node, instruction.parameter, function.names)
        if raised:
            return Step([raising(point, state, one, Departure.RAISES, problem) for one in sorted(raised)])
    if held is not Value.PREVIOUS_RESOURCE and problem.kind_of(held) is None:
        return going_on(point, state)
    effect = function.summaries.effect(node, instruction.parameter, function.names, resource)
    is_view = type(held) is View
    change = Change(state)
    if not is_view and effect in (Effect.RELEASES, Effect.MAY_RELEASE):
        early = effect is Effect.MAY_RELEASE and state.status is Status.MANAGED  # closed early, on some condition
        if before:
            used = Change(state, (Observation(Event.USED, node, resource.kind),))
            change = used if early else typestate.let_go(state, held, node, problem)
    elif not before:
        lent = effect is Effect.BORROWS or (is_view and effect is not Effect.KEEPS)
        given = HandOff(node, instruction.slot, Escape.LENT if lent else Escape.PASSED)
        return hand_off(given, point, problem, state)
    return going_on(point, change.state, change.observations)
