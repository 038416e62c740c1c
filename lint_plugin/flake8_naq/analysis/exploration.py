"""Explores a program: every reachable pair of instruction and state, once, and the way back from each.

Work is linear in the program's size times the states at an instruction, which are bounded by MAX_STATES: beyond that,
flags are forgotten, and a leak that depends on them is not reported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import Any

from flake8_naq.analysis.program import CANCELLED, EXIT, UNWIND, Instruction, Op, Origin, Program, Value, is_lookup
from flake8_naq.analysis.reach import may_return
from flake8_naq.analysis.state import (
    ABSENT,
    MANAGED,
    OPEN,
    Leak,
    State,
    Successor,
    Trace,
    forgotten,
    is_view,
)
from flake8_naq.catalogue.model import Kind

RAISED = "raised"
Step = tuple[Successor | None, str]  # where a step came from, and how it left the straight line
MAX_STATES = 96
VIEW_STATES = 12
MAX_VISITS = 200_000
MAX_ENDS = 200
_NEAR = 100
_AHEAD = 5_000


class Exploration:
    """The states reached so far for one origin, and the queue of those to go on from."""

    def __init__(
        self,
        program: Program,
        origin: Origin,
        kinds: Mapping[str, Kind],
        given: int | None = None,
        brings: Value = Value.RESOURCE,
        budget: int = MAX_VISITS,
    ) -> None:
        """*given*: the slot of a parameter that brings the resource, open, or another value into the function."""
        self.program = program
        self.code = program.instructions
        self.origin = origin
        self.resource = origin.resource
        self.kinds = kinds
        self.trace = Trace(origin)
        slots = program.initial
        status = ABSENT
        if given is not None:
            slots = (*slots[:given], brings, *slots[given + 1 :])
            status = OPEN if brings is Value.RESOURCE else ABSENT
        self._turn = len(slots) if origin.loops else -1
        if origin.loops:  # one more slot, for what has happened on this turn of the loop
            slots = (*slots, None)
        self._start = State(status, -1, frozenset(), slots)
        self._from: dict[Successor, Step] = {}
        self._counts: dict[int, int] = {}
        self._queue: list[tuple[int, int]] = []
        self._states: list[State] = []
        self._stores: dict[int, ast.AST] = {}
        self._former: dict[int, frozenset[int]] = {}
        tests = [(i.a, i.b) for i in self.code if i.op is Op.TEST]
        self._none_tests = {slot for slot, asked in tests if "none" in asked} - {s for s, a in tests if "false" in a}
        self._truth_tests = self._copied_from({slot for slot, asked in tests if asked in ("true", "not true")})
        self._budget = budget
        self._ends: set[tuple[int, int, int, frozenset[int], bool, int, Any]] = set()
        self._open_ends: list[tuple[State, Step, str, bool]] = []
        self._may_return: frozenset[int] | None = None
        self._losses: list[tuple[int, Instruction, State]] = []  # which leak, and where and how it came about
        self.raised: set[Any] = set()
        self.visits = 0

    def _copied_from(self, slots: set[int]) -> set[int]:
        """The slots themselves, and those that they are copied from: `given or made` asks about *given*."""
        binds = [i for i in self.code if i.op is Op.BIND and i.a in slots and isinstance(i.b, tuple)]
        return slots | {i.b[1] for i in binds}

    def run(self) -> Trace:
        self._explore(self.program.entry, self._start)
        for end in self._open_ends:
            self._conclude(*end)
        if self.trace.handed or self.trace.sites:  # then only normal ways out are held against it
            self._look_again()
        return self.trace

    def _explore(self, entry: int, start: State) -> None:
        self._add(entry, start, None, "")
        code = self.code
        while self._queue:
            index, number = heappop(self._queue)
            state = self._states[number]
            self.visits += 1
            if self.visits > self._budget:
                self.trace.complete = False
                break
            instruction = code[index]
            self.step(instruction, state, (index, state))

    @property
    def returned(self) -> bool:
        """Whether some way led to the normal end."""
        return EXIT in self._counts

    def _add(self, index: int, state: State, source: Successor | None, how: str) -> None:
        if index < 0:
            return
        key = (index, state)
        count = self._counts.get(index, 0) + 1
        if index == UNWIND:
            self.raised.add(state.slots[0])
        if index <= UNWIND:  # taken up at once, so that the same state may end here again in another manner
            if not self._ends_anew(index, state, source):
                return
            self._from[key] = (source, how)
        else:
            step = (source, how)
            if self._from.setdefault(key, step) is not step:
                self._explain(key, source, how)
                return
            if count > VIEW_STATES:
                del self._from[key]
                state = self._widened(state, count)
                if count > 4 * MAX_STATES or self._from.setdefault((index, state), step) is not step:
                    return
        self._counts[index] = count
        self._states.append(state)
        heappush(self._queue, (index, len(self._states) - 1))

    def _explain(self, key: Successor, source: Successor | None, how: str) -> None:
        """A state that was first reached by looking something up is better explained by a call that raises."""
        first, by = self._from[key]
        if first is None or source is None or not (by and how):
            return
        if is_lookup(self.code[first[0]]) and not is_lookup(self.code[source[0]]) and self._follows(source, first):
            self._from[key] = (source, how)

    def _follows(self, later: Successor, earlier: Successor) -> bool:
        """Whether straight on from *earlier* leads to *later* in a few steps; such a detour makes no circle."""
        current: Successor | None = later
        for _ in range(_NEAR):
            if current is None or current == earlier:
                return current is not None
            current, how = self._from[current]
            if how:
                return False
        return False

    def _widened(self, state: State, count: int) -> State:
        """Where many states meet, forget first what is not asked for a leak (views), then what is (flags)."""
        if count <= MAX_STATES:
            slots = tuple(Value.UNKNOWN if is_view(value) else value for value in state.slots)
        else:
            self.trace.precise = False
            slots = tuple(forgotten(value) for value in state.slots)
        return state.with_slots(slots)

    def _ends_anew(self, index: int, state: State, source: Successor | None) -> bool:
        """Whether the function ends in a way not seen before; what flags say no longer matters then."""
        by = -1 if source is None else self._manner(source[0])
        told = state.slots[self.program.told] if self.program.told >= 0 else None
        end = (index, state.status, state.call, state.sites, Value.FORMER in state.slots, by, told)
        if end in self._ends:
            return False
        self._ends.add(end)
        return True

    def _manner(self, index: int) -> int:
        """What is told apart of the ways in which an instruction leaves: a `finally` has each of its own."""
        instruction = self.code[index]
        if index in self.program.cleanup or instruction.op is Op.END_FINALLY:
            return index if len(self._ends) < MAX_ENDS else 0
        return -3 if is_lookup(instruction) else -2

    def _go(self, instruction: Instruction, state: State, source: Successor) -> None:
        self._add(instruction.next, state, source, "")

    def _throw(self, instruction: Instruction, state: State, source: Successor, how: bool = True) -> None:
        """The exceptional ways out of an instruction, with *state* carried to the handler."""
        if instruction.raises:
            self._raise(instruction, state, source, instruction.raises, "raises" if how else "")
        if instruction.cancels:
            self._raise(instruction, state, source, CANCELLED, "is cancelled" if how else "")

    def _raise(self, instruction: Instruction, state: State, source: Successor, raised: str, how: str) -> None:
        slots = (raised, *state.slots[1:])
        if self._turn >= 0 and state.call >= 0:
            slots = (*slots[:-1], RAISED)
        # What was stored inside a managed block is asked about where the block ends as it should.
        sites = frozenset() if state.status == MANAGED else state.sites
        self._add(instruction.handler, State(state.status, state.call, sites, slots), source, how)

    def _opening(self, call: ast.Call) -> int:
        if call not in self.trace.acquired:
            self.trace.acquired.append(call)
        return self.trace.acquired.index(call)

    def _with(self, state: State, slot: int, value: Any) -> State:
        slots = state.slots
        if slot < 0 or slots[slot] is value:
            return state
        return State(state.status, state.call, state.sites, (*slots[:slot], value, *slots[slot + 1 :]))

    def _ended(self, state: State, scope: tuple[int, int] | None) -> State:
        """The slots that only the body of a `try` needed are as at first once an exception has left it."""
        if scope is None or scope[0] == scope[1]:
            return state
        first, last = scope
        return state.with_slots((*state.slots[:first], *self.program.initial[first:last], *state.slots[last:]))

    def _end(self, state: State, source: Successor, way: str, exceptional: bool) -> None:
        if state.status == OPEN or Value.FORMER in state.slots:
            self._open_ends.append((state, self._from[source], way, exceptional))

    def _conclude(self, state: State, step: Step, way: str, exceptional: bool) -> None:
        line, how, lookup = self._departure(step)
        if state.status == OPEN:
            self._leak(line, how or way, exceptional, state, lookup)
        if Value.FORMER in state.slots:
            self._leak_former(line, how or way, exceptional)

    def _leak(self, line: int, how: str, exceptional: bool, state: State, lookup: bool = False) -> None:
        self.trace.leaks.append(Leak(line, how, exceptional, state.sites, state.call, lookup))

    def _lose(self, i: Instruction, how: str, state: State, former: bool = False) -> None:
        """Nothing holds it from here on; that is a leak of a normal way out where one is still ahead."""
        if self._may_return is None:
            self._may_return = may_return(self.program)
        exceptional = _in_flight(state) or i.next not in self._may_return
        first = len(self.trace.leaks)
        if former:
            self._leak_former(i.line, how, exceptional)
        else:
            self._leak(i.line, how, exceptional, state)
        if not exceptional:
            self._losses += ((number, i, state) for number in range(first, len(self.trace.leaks)))

    def _look_again(self) -> None:
        """Whether a normal way out really is ahead of what was lost: which exception is on its way decides."""
        for number, i, state in self._losses:
            other = type(self)(self.program, self.origin, self.kinds, budget=_AHEAD)
            other._explore(self.code.index(i), state)
            if other.trace.complete and not other.returned:
                self.trace.leaks[number] = self.trace.leaks[number]._replace(exceptional=True)

    def _leak_former(self, line: int, how: str, exceptional: bool) -> None:
        self.trace.leaks.extend(Leak(line, how, exceptional, sites, call) for call, sites in self._former.items())

    def _departure(self, step: Step) -> tuple[int, str, bool]:
        """The last place on the way here where control left the straight line, and whether by looking something up."""
        last = raised = 0
        for source, how in self._way_back(step):
            instruction = self.code[source[0]]
            if how:
                return instruction.line, how, is_lookup(instruction)
            if self._opens(instruction):
                return self._pending(source) or (raised or last, "", False)
            raised = raised or (instruction.line if instruction.op is Op.RAISE else 0)
            ends = instruction.b if instruction.op is Op.OPAQUE else None
            last = max(last, ends or instruction.line)
        return last, "", False

    def _pending(self, at: Successor) -> tuple[int, str, bool] | None:
        """What was on its way when a `finally` acquired: the exception or jump that goes on afterwards."""
        completions = [value for value in at[1].slots if isinstance(value, tuple)]
        if any(value[0] == "raise" or value[2] is not None for value in completions):
            for source, how in self._way_back(self._from[at]):
                if how:
                    return self.code[source[0]].line, how, False
        return None

    def _way_back(self, step: Step) -> Iterator[tuple[Successor, str]]:
        """The steps that led here, the last one first, and how each left the straight line if it did."""
        source, how = step
        while source is not None:
            yield source, how or leaving(self.code[source[0]])
            source, how = self._from[source]

    def _opens(self, instruction: Instruction) -> bool:
        if instruction.op is Op.ORIGIN:
            return bool(instruction.a == self.origin.number)
        return instruction.op is Op.METHOD and instruction.node in self.trace.acquired

    def step(self, instruction: Instruction, state: State, source: Successor) -> None:
        """Do what one instruction does; said by the class that completes this one."""
        raise NotImplementedError


_LEAVING = {ast.Return: "returns", ast.Break: "breaks", ast.Continue: "continues"}


def _in_flight(state: State) -> bool:
    """Whether an exception goes on when the `finally` that runs now has ended."""
    return any(isinstance(value, tuple) and value[0] == "raise" for value in state.slots)


def leaving(instruction: Instruction) -> str:
    return _LEAVING.get(type(instruction.node), "") if instruction.op in (Op.JUMP, Op.ENTER_FINALLY) else ""
