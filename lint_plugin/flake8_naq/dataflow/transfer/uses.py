"""Transfer functions of uses: methods, attributes, views, and releases."""

from __future__ import annotations

import ast

from flake8_naq.catalogue.model import SUBSCRIPT, Resource
from flake8_naq.cfg.graph import Point
from flake8_naq.cfg.instructions import Escape, MakeView, MethodCall, Need, Release, Use
from flake8_naq.cfg.values import NO_SLOT, NONE, PREVIOUS_RESOURCE, RESOURCE, UNBOUND, UNKNOWN, SlotValue, View
from flake8_naq.dataflow.observations import Event, Observation
from flake8_naq.dataflow.problem import Change, Problem, Step, expects_failure, failing, going_on, open_or_gone, passing
from flake8_naq.dataflow.state import DRAINED, State
from flake8_naq.dataflow.transfer import typestate
from flake8_naq.prescan.exceptions import ATTRIBUTE_ERROR, UNBOUND_LOCAL

_PART = "part "  # before the path of a part of a resource, which is not a kind of the catalogue


def use(instruction: Use, point: Point, problem: Problem, state: State) -> Step:
    held, need = state.slots[instruction.slot], instruction.need
    if held is NONE and need in (Need.ATTRIBUTE, Need.RELEASE_ATTRIBUTE):
        return failing(point, state, problem, ATTRIBUTE_ERROR)
    kind = problem.kind_of(held)
    if kind is None or need is Need.RELEASE_ATTRIBUTE:
        return going_on(point, state)
    observations = [Observation(Event.USED, instruction.node, kind)]
    if need is Need.OPEN and getattr(instruction.node, "attr", "") not in problem.origin.resource.after_release:
        observations.append(open_or_gone(instruction.node, point, problem, state))
    return going_on(point, state, observations)


def make_view(instruction: MakeView, point: Point, problem: Problem, state: State) -> Step:
    held = state.slots[instruction.source]
    kind = problem.kind_of(held)
    view: SlotValue = UNKNOWN if kind is None else View(instruction.kind)
    if kind is not None and instruction.kind == SUBSCRIPT:
        view = _part(_path(held, SUBSCRIPT), False, problem)
    observations: tuple[Observation, ...] = ()
    if kind is not None and isinstance(instruction.node, ast.Call):
        observations = (
            Observation(Event.VIEWED, instruction.node, f"{kind}:{instruction.kind}"),
            open_or_gone(instruction.node, point, problem, state),
        )
    return passing(point, state, state.with_slot(instruction.slot, view), problem, observations)


def release(instruction: Release, point: Point, problem: Problem, state: State) -> Step:
    held = UNKNOWN if instruction.slot == NO_SLOT else state.slots[instruction.slot]
    if held is UNBOUND and not instruction.managed:
        return failing(point, state, problem, UNBOUND_LOCAL, release=instruction.node)
    resource = problem.origin.resource
    change = Change(state)
    if problem.origin.number in instruction.origins:
        change = typestate.released(state, instruction.node, problem, again=True)
    elif instruction.managed and held is PREVIOUS_RESOURCE:
        change = Change(state.without_previous())
    elif instruction.managed and held is RESOURCE and (instruction.method is not None or resource.context_manager):
        change = typestate.block_ended(state)
    elif not instruction.managed and _is_by(instruction, resource):
        change = typestate.let_go(state, held, instruction.node, problem)
    elif not instruction.managed and held is RESOURCE:
        change = typestate.passed_on(state, instruction.node)
    return passing(point, change.state, change.state, problem, change.observations)


def _is_by(instruction: Release, resource: Resource) -> bool:
    """Return whether the functions that the instruction names release that resource."""
    by = instruction.by
    return not by or not by.isdisjoint(resource.release_functions) or not by.isdisjoint(resource.give_back_methods)


def method_call(instruction: MethodCall, point: Point, problem: Problem, state: State) -> Step:
    """A method of what the slot holds is called: it releases the resource, opens it, or only uses it."""
    held = state.slots[instruction.slot]
    resource = problem.origin.resource
    if held is UNBOUND:
        return failing(point, state, problem, UNBOUND_LOCAL, release=instruction.node)
    if held is NONE:
        is_release = instruction.method in resource.release_methods
        return failing(point, state, problem, ATTRIBUTE_ERROR, instruction.node if is_release else None)
    if held is RESOURCE and (step := _resource_call(instruction, point, problem, state)) is not None:
        return step
    if held is PREVIOUS_RESOURCE and instruction.method in resource.ending_methods:
        return _called(instruction, point, problem, typestate.let_go(state, held, instruction.node, problem))
    return _use_call(instruction, point, problem, state)


def _resource_call(instruction: MethodCall, point: Point, problem: Problem, state: State) -> Step | None:
    """Return the step of a method that releases, gives up or opens the resource, None for one that only uses it."""
    resource, node, method = problem.origin.resource, instruction.node, instruction.method
    if method in resource.awaited and not instruction.awaited and not instruction.used:  # only makes a coroutine
        return passing(point, state, state, problem, (Observation(Event.UNAWAITED, node),))
    if _is_final(instruction, resource):
        after, observations = typestate.ended(state, node)
        used = Observation(Event.USED, node, resource.kind)
        return _called(instruction, point, problem, Change(after, (*observations, used)))
    if method in resource.release_methods and problem.fits(instruction):
        return _called(instruction, point, problem, _released(instruction, point, problem, state))
    if method in resource.give_up_methods:
        change = typestate.handed_off(state, node, Escape.CONTAINED)
        return _called(instruction, point, problem, change)
    if method in resource.acquire_methods:  # as `connect()` of a client that was constructed before
        after, observations = typestate.connected(state, node, problem)
        return passing(point, state, after.with_slot(instruction.result, UNKNOWN), problem, observations)
    return None


def _is_final(instruction: MethodCall, resource: Resource) -> bool:
    """Return whether the call ends the life of the resource: of some methods, only a call without arguments does."""
    call = instruction.node
    if instruction.method in resource.final_uses:
        return True
    return f"{instruction.method}()" in resource.final_uses and not call.args and not call.keywords


def _called(
    instruction: MethodCall, point: Point, problem: Problem, change: Change, result: SlotValue = UNKNOWN
) -> Step:
    """Return the step of a call that has its effect whether or not it raises, with `result` where it returns."""
    after = change.state.with_slot(instruction.result, result)
    return passing(point, change.state, after, problem, change.observations)


def _released(instruction: MethodCall, point: Point, problem: Problem, state: State) -> Change:
    """Release the resource; where the catalogue knows a second method for afterwards, the first one drains."""
    resource, method = problem.origin.resource, instruction.method
    any_order = resource.release_again >= resource.release_methods
    again = method in resource.release_again and (any_order or state.status is DRAINED)
    again = again or expects_failure(problem.function.graph, point.handler)
    drains = bool(resource.release_again) and method not in resource.release_again
    return typestate.released(state, instruction.node, problem, again, drains)


def _use_call(instruction: MethodCall, point: Point, problem: Problem, state: State) -> Step:
    """Any other method, of the resource, of a view, or of a value that is not followed."""
    kind_name = problem.kind_of(state.slots[instruction.slot])
    if kind_name is None:
        return _called(instruction, point, problem, Change(state))
    kind = problem.function.kinds.get(kind_name)
    method = None if kind is None else kind.methods.get(instruction.method)
    resource, path = problem.origin.resource, _path(state.slots[instruction.slot], instruction.method)
    result: SlotValue = UNKNOWN
    if method is not None and method.returns in problem.function.kinds and not problem.has_value(method.returns):
        result = View(method.returns)
    if kind is None:
        result = _part(path, instruction.awaited, problem)
    observations = _observed_call(instruction, kind_name, problem)
    harmless = resource.after_release | resource.ending_methods if kind is None else kind.harmless
    if harmless.isdisjoint((path, instruction.method)):
        observations.append(open_or_gone(instruction.node, point, problem, state))
    if method is not None and instruction.awaited and not method.asynchronous:
        observations.append(Observation(Event.AWAITED_PLAIN, instruction.node))
    return _called(instruction, point, problem, Change(state, observations), result)


def _path(held: SlotValue, method: str) -> str:
    """Return a method of the resource, or of a part of it, as a catalogue spells it: `close`, `cursor.execute`."""
    return f"{held.kind.removeprefix(_PART)}.{method}" if type(held) is View else method


def _part(path: str, awaited: bool, problem: Problem) -> SlotValue:
    """Return what the method at a path gives: a part that dies with the resource, or any value."""
    return View(f"{_PART}{path}") if problem.origin.resource.makes_view(path, awaited) else UNKNOWN


def _observed_call(instruction: MethodCall, kind_name: str, problem: Problem) -> list[Observation]:
    """Return what the call uses. A view whose maker is called and whose value is thrown away is a question."""
    node, method = instruction.node, instruction.method
    kind = problem.function.kinds.get(kind_name)
    if kind is None:
        return [Observation(Event.USED, node, kind_name)]
    observations = [Observation(Event.METHOD_CALLED, node, kind_name)]
    if method in kind.pure_views:
        observations.append(Observation(Event.VIEWED, node, f"{kind_name}:{kind.methods[method].returns}"))
        if instruction.result == NO_SLOT:
            observations.append(Observation(Event.USED, node, "question"))
    elif method not in kind.harmless or method in kind.methods:
        observations.append(Observation(Event.USED, node, kind_name))
    return observations
