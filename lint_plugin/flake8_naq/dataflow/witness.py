"""By which way a leak leaves the function, and which line is named for it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from flake8_naq.cfg.instructions import Acquire, Instruction, MethodCall
from flake8_naq.cfg.values import Value
from flake8_naq.dataflow.observations import Departure, Event, Leak, Observation
from flake8_naq.dataflow.problem import dispatches
from flake8_naq.dataflow.state import Status
from flake8_naq.dataflow.worklist import Ending, Fixpoint, Place, failing_operation, solve, waiting_in, way_back

_MAX_AHEAD: Final = 5_000  # steps within which a normal end behind a loss is looked for
_ORDER: Final = {Departure.RETURNS: -1, Departure.REBOUND: 1, Departure.CANCELLED: 2}
Sites = frozenset[ast.AST]


def leaks(fixpoint: Fixpoint) -> tuple[Leak, ...]:
    """Return each way out on which the resource, or a resource that was acquired before it, is still open."""
    superseded = _superseded(fixpoint.observations)
    found: list[Leak] = []
    graph = fixpoint.problem.function.graph
    for place, lost in fixpoint.losses:
        ahead, certain = solve(fixpoint.problem, place, _MAX_AHEAD), fixpoint.is_certain((place, None))
        exceptional = ahead.complete and not ahead.returns
        way = Leak(graph.points[place[0]].line, Departure.REBOUND, exceptional, certain=certain)
        found += _leaks(way, {place[1].acquisition: place[1].sites} if lost is Value.RESOURCE else superseded)
    for ending in fixpoint.endings:
        state = ending.state
        if not state.is_settled:
            way = way_out(fixpoint, ending)._replace(certain=fixpoint.is_certain(ending.arrival))
            found += _leaks(way, {state.acquisition: state.sites} if state.status is Status.OPEN else {})
            found += _leaks(way, superseded if Value.PREVIOUS_RESOURCE in state.slots else {})
    return tuple(_without_consequences(found))


def _without_consequences(found: list[Leak]) -> list[Leak]:
    """Leave out what raises while an exception is on its way that leaks the resource already."""
    ways = {(leak.acquisition, leak.line, leak.departure) for leak in found}
    return [one for one in found if one.behind is None or (one.acquisition, *one.behind) not in ways]


def first_leak(found: Iterable[Leak]) -> Leak:
    """Return the leak to name, the likeliest way: a return or a call that raises, a lookup that raises, a cancellation.

    Of several of a kind, the first line behind the acquisition; a line above it is reached by another turn of a loop.
    """
    return min(found, key=_likeliest)


def _likeliest(leak: Leak) -> tuple[bool, bool, bool, int, int]:
    above = leak.acquisition is not None and leak.line < leak.acquisition.lineno
    return leak.lookup, leak.departure is Departure.CANCELLED, above, leak.line, _ORDER.get(leak.departure, 0)


Resources = dict[ast.Call | None, Sites]  # by the call that acquired each: the sites that may have taken it over


def _superseded(observations: Iterable[Observation]) -> Resources:
    """Return the resources that were still open when the next one was acquired."""
    found: Resources = {}
    for event, call, site in observations:
        if event is Event.SUPERSEDED and isinstance(call, ast.Call):
            found[call] = found.get(call, frozenset()) | ({site} if isinstance(site, ast.AST) else set())
    return found


def _leaks(way: Leak, resources: Resources) -> list[Leak]:
    """Return the leak of each resource on the way."""
    return [way._replace(acquisition=call, sites=sites) for call, sites in resources.items()]


def way_out(fixpoint: Fixpoint, ending: Ending) -> Leak:
    """Return the last place before the end where control left the straight line, back to the acquisition at most.

    It is the leak of a resource that is not said.
    """
    points = fixpoint.problem.function.graph.points
    last = 0
    for place, departure in way_back(fixpoint, ending.arrival):
        point = points[place[0]]
        instruction = point.instruction
        if departure is not None:
            way = Leak(point.line, departure, ending.exceptional, point.looks_up)
            failing = failing_operation(fixpoint, place)
            operation = failing is not None and not _is_expected(fixpoint, failing)
            return way._replace(operation=operation, behind=_on_its_way(fixpoint, place))
        if _acquires(fixpoint, instruction) and not waiting_in(place):
            last = last or point.line  # where nothing follows it
            break  # unless a `finally` acquires: the exception that it interrupted leaves behind it
        last = max(last, point.line, getattr(instruction, "last_line", None) or 0)
    return Leak(last, Departure.RAISES if ending.exceptional else Departure.RETURNS, ending.exceptional)


def _is_expected(fixpoint: Fixpoint, place: Place) -> bool:
    """Return whether a handler around the place releases the resource: its author says there what can be raised."""
    graph = fixpoint.problem.function.graph
    releases = {one.node for one in fixpoint.observations if one.event is Event.RELEASED}
    tries = (one.node for one in dispatches(graph, graph.points[place[0]].handler))
    return any(inner in releases for one in tries for part in getattr(one, "handlers", ()) for inner in ast.walk(part))


def _on_its_way(fixpoint: Fixpoint, place: Place) -> tuple[int, Departure] | None:
    """Return where the exception was raised whose `finally` control is in, None where there is no such exception."""
    waiting = waiting_in(place)
    if not waiting:
        return None
    points = fixpoint.problem.function.graph.points
    back = way_back(fixpoint, (place, None))
    return next(((points[one[0]].line, how) for one, how in back if how and not waiting <= waiting_in(one)), None)


def _acquires(fixpoint: Fixpoint, instruction: Instruction) -> bool:
    """Return whether the instruction makes or opens the resource."""
    if isinstance(instruction, Acquire):
        return instruction.origin == fixpoint.problem.origin.number
    node = instruction.node if isinstance(instruction, MethodCall) else None
    return Observation(Event.ACQUIRED, node) in fixpoint.observations
