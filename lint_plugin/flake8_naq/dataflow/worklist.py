"""The worklist: every reachable pair of program point and state, once, up to a fixpoint.

Termination: the states at a program point are bounded. Above the bounds of `state.widen` they are joined with coarser
states, above MAX_STATES they are dropped. Work is linear in the size of the graph times MAX_STATES; MAX_STEPS bounds it
for all origins of a function together. An analysis that is cut off is not `complete`, and nothing is reported from it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import islice
from typing import Final, NamedTuple

from flake8_naq.cfg.instructions import Acquire, EndFinally, EnterFinally, Jump, MethodCall, Opaque, Raise
from flake8_naq.cfg.values import EXCEPTIONAL_EXIT, IN_FLIGHT, PREVIOUS_RESOURCE, UNKNOWN, Reraise, SlotValue, Value
from flake8_naq.dataflow.observations import Departure, Observation
from flake8_naq.dataflow.problem import Outcome, Problem, departure_of
from flake8_naq.dataflow.state import FLAG_STATES, VIEW_STATES, State, widen
from flake8_naq.dataflow.transfer import transfer
from flake8_naq.prescan.exceptions import ANY, ExceptionSet

MAX_STATES: Final = 4 * FLAG_STATES
MAX_STEPS: Final = 200_000
MAX_ENDINGS = 200  # above, the ways out of cleanups are not kept apart any more
_NEAR = 100  # steps back within which a better explanation of a state is looked for

Place = tuple[int, State]  # a program point, and a state that was reached there
# Where a state was reached from, None at the start, and how control left the straight line there.
Arrival = tuple[Place | None, Departure | None]


class Ending(NamedTuple):
    """A state in which the function ends."""

    state: State
    arrival: Arrival
    exceptional: bool


class Fixpoint:
    """All that was reached and observed."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.observations: dict[Observation, None] = {}  # in the order in which they were first made
        self.losses: list[tuple[Place, Value]] = []
        self.endings: list[Ending] = []
        self.raised: set[ExceptionSet] = set()
        self.arrivals: dict[Place, Arrival] = {}
        self.returns = False  # whether some path leads to the normal end
        self.complete = True
        self.joined: set[Place] = set()  # where flags were forgotten
        self.steps = 0

    def is_certain(self, arrival: Arrival) -> bool:
        """Return whether some run takes the way to the arrival: no flag is asked on it that was forgotten before.

        Behind a place where flags were forgotten the way may follow an answer that no run gives there.
        """
        source, asked = arrival[0], False
        while source is not None and self.joined:
            index, state = source
            slot = getattr(self.problem.function.graph.points[index].instruction, "slot", None)
            asked = asked or (slot is not None and slot >= 0 and state.slots[slot] is UNKNOWN)
            if asked and source in self.joined:
                return False
            source = self.arrivals[source][0]
        return True


def solve(problem: Problem, start: Place, max_steps: int = MAX_STEPS) -> Fixpoint:
    """Return the fixpoint of the problem from `start`."""
    found = Fixpoint(problem)
    worklist = _Worklist(found)
    worklist.arrive((*start, None), None)
    worklist.run(max_steps)
    return found


class _Worklist:
    """The pairs that were reached, and those still to do: the first program point has its turn first."""

    def __init__(self, found: Fixpoint) -> None:
        self._found = found
        self._arrivals = found.arrivals
        self._graph = found.problem.function.graph
        self._points = self._graph.points
        self._counts = [0] * len(self._points)  # the states at each program point
        self._queue: list[tuple[int, int, Place]] = []  # with a number, so that places are never compared
        self._ways_out: set[tuple[object, ...]] = set()

    def run(self, max_steps: int) -> None:
        """Do the instruction of each pair, and record what it leads to; after `max_steps` it is not complete."""
        found, queue = self._found, self._queue
        while queue and found.complete:
            found.steps += 1
            place = heappop(queue)[2]
            outcomes, observations, lost = transfer(found.problem, *place)
            for observation in observations:
                found.observations[observation] = None
            if lost is not None:
                found.losses.append((place, lost))
            for outcome in outcomes:
                self.arrive(outcome, place)
            found.complete = found.steps <= max_steps

    def arrive(self, outcome: Outcome, source: Place | None) -> None:
        """Record that a state is reached; -1 is not a program point."""
        index, state, departure = outcome
        arrival = source, departure
        if index <= EXCEPTIONAL_EXIT:
            if index >= 0:
                self._end(index, state, arrival)
            return
        place = index, state
        if self._arrivals.setdefault(place, arrival) is not arrival:
            self._explain(place, arrival)
            return
        count = self._counts[index] + 1
        if count > VIEW_STATES:
            del self._arrivals[place]
            place = index, widen(state, count)
            if count > FLAG_STATES:
                self._found.joined.add(place)
            if count > MAX_STATES or self._arrivals.setdefault(place, arrival) is not arrival:
                return
        self._counts[index] = count
        heappush(self._queue, (index, len(self._arrivals), place))

    def _explain(self, place: Place, arrival: Arrival) -> None:
        """Explain a state that a failing lookup reached first by a call that raises, and an argument by its operation.

        Only if control went from the first to the second in `_NEAR` steps, not by this state: no circle comes about.
        """
        first, departure = self._arrivals[place]
        left, problem = self._left(arrival), self._found.problem
        if first is None or departure is None or left is None:
            return
        likelier = self._points[first[0]].looks_up and not self._points[left[0]].looks_up
        if likelier or is_operation(problem, first) < is_operation(problem, left):
            steps = (one for one, _ in islice(way_back(self._found, arrival), _NEAR))
            if next((one for one in steps if one in (first, place)), None) == first:
                self._arrivals[place] = arrival

    def _left(self, arrival: Arrival) -> Place | None:
        """Return where control left the straight line, before the cleanup if one ends there; None for a plain step."""
        source, departure = arrival
        if departure is None and source is not None and not isinstance(self._points[source[0]].instruction, EndFinally):
            return None
        return next((one for one, how in way_back(self._found, arrival) if how is not None), None)

    def _end(self, index: int, state: State, arrival: Arrival) -> None:
        """Record an end of the function, unless an equal end is recorded; what flags say does not matter at an end."""
        exceptional = index == EXCEPTIONAL_EXIT
        slots, returned = state.slots, self._graph.returned
        if exceptional:
            raised = slots[IN_FLIGHT]
            self._found.raised.add(raised if isinstance(raised, ExceptionSet) else ANY)
        else:
            self._found.returns = True
        value: SlotValue = slots[returned] if returned >= 0 else None
        previous = PREVIOUS_RESOURCE in slots
        way = exceptional, state.status, state.acquisition, state.sites, previous, self._way_out(arrival), value
        if way not in self._ways_out:
            self._ways_out.add(way)
            self._found.endings.append(Ending(state, arrival, exceptional))

    def _way_out(self, arrival: Arrival) -> int:
        """Return a number that two ends share where one of them is enough; each point of a cleanup has its own."""
        source = arrival[0]
        if source is None:
            return -1
        point, fails = self._points[source[0]], bool(failing_operation(self._found, self._left(arrival) or source))
        if source[0] in self._graph.cleanup or isinstance(point.instruction, EndFinally):
            return 2 * source[0] + fails if len(self._ways_out) < MAX_ENDINGS else 0
        return -4 if fails else -3 if point.looks_up else -2


def is_operation(problem: Problem, place: Place) -> bool:
    """Return whether an operation that can fail raises at the place; in a handler, that of what is acquired there."""
    graph = problem.function.graph
    point, state = graph.points[place[0]], place[1]
    instruction = point.instruction
    if isinstance(instruction, MethodCall) and problem.kind_of(state.slots[instruction.slot]) is not None:
        fails = instruction.awaited or not problem.origin.resource.asynchronous
    else:
        waits = isinstance(instruction, Opaque) and isinstance(instruction.node, ast.Await)
        fails = (waits or isinstance(instruction, MethodCall)) and point.raises and point.cancels
    if not fails or place[0] not in graph.cleanup:
        return fails
    made = (graph.points[one].instruction for one in graph.cleanup)
    return any(isinstance(one, Acquire) and one.node is state.acquisition for one in made)


def failing_operation(fixpoint: Fixpoint, place: Place) -> Place | None:
    """Return where an operation raised: at the place, or before the `return` or `raise` of the function there."""
    point = fixpoint.problem.function.graph.points[place[0]]
    if isinstance(point.instruction, (Jump, Raise)) and not waiting_in(place):
        place = next((one for one, how in way_back(fixpoint, (place, None)) if how is Departure.RAISES), place)
    return place if is_operation(fixpoint.problem, place) else None


def waiting_in(place: Place) -> set[int]:
    """Return the slots whose exceptions wait for the end of a `finally`."""
    return {slot for slot, held in enumerate(place[1].slots) if type(held) is Reraise}


def way_back(fixpoint: Fixpoint, arrival: Arrival) -> Iterator[tuple[Place, Departure | None]]:
    """Yield the places on the way to an arrival, the last one first, and how control left each."""
    points = fixpoint.problem.function.graph.points
    source, departure = arrival
    while source is not None:
        instruction = points[source[0]].instruction
        if departure is None and isinstance(instruction, (Jump, EnterFinally)):
            departure = departure_of(instruction)
        yield source, departure
        source, departure = fixpoint.arrivals[source]
