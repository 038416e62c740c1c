"""Transfer functions by which the resource gets an owner: it is acquired, entered, passed on, handed off."""

from __future__ import annotations

from flake8_naq.cfg.graph import Point
from flake8_naq.cfg.instructions import Acquire, EnterManaged, Escape, HandOff, PassArgument
from flake8_naq.cfg.values import SlotValue, Value, View
from flake8_naq.dataflow.observations import Departure, Event, Observation
from flake8_naq.dataflow.problem import Change, Problem, Step, expects_failure, going_on, passing, raising
from flake8_naq.dataflow.state import GONE, State, Status
from flake8_naq.dataflow.transfer import typestate
from flake8_naq.prescan.callees import Effect


def acquire(instruction: Acquire, point: Point, problem: Problem, state: State) -> Step:
    """An origin makes its resource."""
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
        state = state.with_status(Status.MANAGED)
    return going_on(point, state, (Observation(Event.ENTERED), Observation(Event.MANAGED)))


def _releases(method: str, problem: Problem) -> bool:
    """Return whether `closing` or `aclosing`, which calls the method, releases the resource."""
    resource = problem.origin.resource
    return method in resource.release_methods and (method in resource.awaited) == (method == "aclose")


def hand_off(instruction: HandOff, point: Point, problem: Problem, state: State) -> Step:
    """The resource or a view of it is returned, stored, captured, passed on."""
    after, observations = _handed_off(instruction, problem, state)
    is_given = instruction.escape in (Escape.PASSED, Escape.LENT)
    if is_given and problem.kind_of(state.slots[instruction.slot]) is not None:
        gone = state.status in GONE and not expects_failure(problem.function.graph, point.handler)
        passed = Observation(Event.PASSED_GONE if gone else Event.USED_LIVE, instruction.node)
        observations = (*observations, passed)
    return going_on(point, after, observations)


def _handed_off(instruction: HandOff, problem: Problem, state: State) -> Change:
    held, node, escape = state.slots[instruction.slot], instruction.node, instruction.escape
    if escape is Escape.CAPTURED or escape is Escape.MENTIONED:
        return _captured(instruction, problem, state)
    if escape is Escape.LENT:
        kind = problem.kind_of(held)
        return Change(state, () if kind is None else (Observation(Event.USED, node, kind),))
    if held is Value.RESOURCE:
        after, observations = typestate.handed_off(state, node, escape, weak=instruction.site >= 0)
        return Change(after, (*observations, Observation(Event.USED, node, problem.origin.resource.kind)))
    if held is Value.PREVIOUS_RESOURCE:
        return typestate.previous_handed_off(state)
    if type(held) is not View:
        return Change(state)
    used = Observation(Event.USED, node, held.kind)
    leaves = escape in (Escape.RETURNED, Escape.STORED) and not problem.has_value(held.kind)
    given = escape is Escape.PASSED or escape is Escape.CONTAINED
    if (leaves or given) and problem.origin.resource.process_lived and state.status is Status.OPEN:
        # The view keeps it for as long as the process: `return client["orders"]`, `Store(client["orders"])`.
        after, observations = typestate.handed_off(state, node, escape, weak=instruction.site >= 0)
        observations = (*observations, Observation(Event.VIEW_LEFT, node))
    elif leaves and state.status is Status.MANAGED:
        after, observations = typestate.taken_out(state, node, escape)
    else:
        left = leaves and state.status is Status.OPEN
        return Change(state, (used, Observation(Event.VIEW_LEFT, node)) if left else (used,))
    return Change(after, (used, *observations))


def _captured(instruction: HandOff, problem: Problem, state: State) -> Change:
    """A nested function that captures what the slot holds is returned or stored: it keeps what is open."""
    if state.slots[instruction.slot] is Value.RESOURCE and state.status is Status.OPEN:
        if instruction.escape is Escape.CAPTURED:
            return typestate.handed_off(state, instruction.node, instruction.escape, weak=False)
    if state.status is not Status.MANAGED or problem.kind_of(state.slots[instruction.slot]) is None:
        return Change(state)
    if instruction.escape is Escape.MENTIONED:
        return typestate.taken_out(state, instruction.node, instruction.escape)
    how = "captured by a function that is returned"
    return Change(state, (Observation(Event.OUTLIVES_BLOCK, instruction.node, how),))


def pass_argument(instruction: PassArgument, point: Point, problem: Problem, state: State) -> Step:
    """An argument of a function of the same file: the function's summary says what becomes of it."""
    held = state.slots[instruction.slot]
    before = instruction.site < 0
    if held is Value.NONE and before and instruction.runs:
        function = problem.function
        raised = function.summaries.raises_on_none(instruction.node, instruction.parameter, function.names)
        if raised:
            return Step([raising(point, state, one, Departure.RAISES, problem) for one in sorted(raised)])
    change = Change(state)
    if held is Value.RESOURCE or held is Value.PREVIOUS_RESOURCE:
        change = _passed_resource(instruction, held, problem, state)
    elif type(held) is View and not before:
        change = _passed_view(instruction, held, problem, state)
    return going_on(point, change.state, change.observations)


def _passed_view(instruction: PassArgument, held: View, problem: Problem, state: State) -> Change:
    used = Observation(Event.USED, instruction.node, held.kind)
    function, resource = problem.function, problem.origin.resource
    if resource.process_lived and state.status is Status.OPEN:
        effect = function.summaries.effect(instruction.node, instruction.parameter, function.names, resource)
        if effect is Effect.KEEPS:
            after, observations = typestate.passed_on(state, Value.RESOURCE, instruction.node)
            return Change(after, (used, *observations))
    return Change(state, (used,))


def _passed_resource(instruction: PassArgument, held: SlotValue, problem: Problem, state: State) -> Change:
    """A function that releases has released by the time it raises, so its effect comes before the call."""
    before = instruction.site < 0
    function = problem.function
    resource = problem.origin.resource
    effect = function.summaries.effect(instruction.node, instruction.parameter, function.names, resource)
    if effect is Effect.RELEASES or effect is Effect.MAY_RELEASE:
        early = effect is Effect.MAY_RELEASE and state.status is Status.MANAGED  # closed early, on some condition
        return typestate.let_go(state, held, instruction.node, problem) if before and not early else Change(state)
    if before:
        return Change(state)
    used = Observation(Event.USED, instruction.node, resource.kind)
    if effect is Effect.BORROWS:
        return Change(state, (used,))
    after, observations = typestate.passed_on(state, held, instruction.node)
    return Change(after, (used, *observations))
