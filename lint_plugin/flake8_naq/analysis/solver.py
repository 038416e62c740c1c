"""Explores a program for each of its origins: names, tests, handlers and ends; the resource is in `transitions.py`.

A state says what the resource of that origin is (absent, open, closed, ...), which slots hold it, and what is known of
the flags that decide about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flake8_naq.analysis.exceptions import Match, match, passed_by, taken_by
from flake8_naq.analysis.exploration import MAX_VISITS, leaving
from flake8_naq.analysis.program import ANY, TURNS, Instruction, Op, Program, Value
from flake8_naq.analysis.state import (
    ABSENT,
    FRESH,
    GONE,
    HANDED,
    LOST,
    MANAGED,
    OPEN,
    State,
    Successor,
    Trace,
    answers,
    is_same,
    is_symbol,
    is_view,
)
from flake8_naq.analysis.transitions import Transitions
from flake8_naq.catalogue.model import Kind


class Solver(Transitions):
    """Explores one program for one of its origins."""

    def step(self, instruction: Instruction, state: State, source: Successor) -> None:
        """Do what one instruction does."""
        _STEPS[instruction.op](self, instruction, state, source)

    def _opaque(self, i: Instruction, state: State, source: Successor) -> None:
        if state.status in (OPEN, MANAGED):
            self.trace.worked = True
        self._throw(i, state, source)
        if (i.cancels or i.c) and state.status == MANAGED and state.sites:
            state = state._replace(sites=frozenset())
        self._go(i, state, source)

    def _jump(self, i: Instruction, state: State, source: Successor) -> None:
        self._go(i, state, source)

    def _fork(self, i: Instruction, state: State, source: Successor) -> None:
        self._throw(i, state, source)
        if i.cancels and state.status == MANAGED:
            state = state._replace(sites=frozenset())
        self._go(i, state, source)
        self._add(i.c if i.c is not None else -1, state, source, "")

    def _turn_step(self, i: Instruction, state: State, source: Successor) -> None:
        begun = TURNS.index(state.slots[i.a]) + 1
        if begun < i.b:
            self._go(i, self._with(state, i.a, TURNS[begun]), source)
        else:
            self._add(i.c if i.c is not None else -1, state, source, "")

    def _bind(self, i: Instruction, state: State, source: Successor) -> None:
        slots = list(state.slots)
        value = i.b
        old = slots[i.a]
        if isinstance(value, tuple):
            kind, from_slot = value
            value = slots[from_slot]
            if kind == "move":
                slots[from_slot] = Value.UNBOUND
        if value == old and type(value) is type(old):
            self._go(i, state.with_slots(tuple(slots)), source)
            return
        slots[i.a] = value
        after = state.with_slots(tuple(slots))
        if i.a in self.program.mentioned and (value is Value.RESOURCE or is_view(value)):
            self.trace.use("nested function", i.node)
            self.trace.use(self.resource.kind if value is Value.RESOURCE else value[2:], i.node)
        if old is Value.RESOURCE and state.status == OPEN and Value.RESOURCE not in slots:
            self._lose(i, "is rebound", state)
            after = after._replace(status=ABSENT, sites=frozenset())
        elif old is Value.FORMER and Value.FORMER not in slots:
            self._lose(i, "is rebound", state, former=True)
        if value is Value.RESOURCE and i.a in self.program.captured and state.status in (OPEN, FRESH):
            self.trace.handed = True
            after = after._replace(status=HANDED)
        self._go(i, after, source)

    def _test(self, i: Instruction, state: State, source: Successor) -> None:
        held = state.slots[i.a]
        question = i.b
        if question.startswith("."):
            self._attribute_test(i, state, source, held, question[1:])
            return
        if held is Value.UNBOUND and question != "bound":
            self._raise(i, state, source, "UnboundLocalError", "raises")
            return
        if question.endswith("elsewhere"):
            self._elsewhere_test(i, state, source, held, question)
            return
        if "same " in question:
            self._identity_test(i, state, source, question)
            return
        yes, no = answers(Value.UNKNOWN if is_symbol(held) else held, question)
        if yes is not None:
            self._go(i, self._narrowed(state, i.a, yes), source)
        if no is not None:
            self._add(i.c if i.c is not None else -1, self._narrowed(state, i.a, no), source, "")

    def _narrowed(self, state: State, slot: int, answer: Any) -> State:
        """The state in which *slot*, and whatever holds the same value, is known to be *answer*."""
        held = state.slots[slot]
        if answer is Value.UNKNOWN:
            return state
        if not is_symbol(held):
            return self._with(state, slot, answer)
        same = [number for number, value in enumerate(state.slots) if value == held]
        if answer is Value.FALSY and not self._none_tests.isdisjoint(same):
            answer = Value.NONE  # who asks a parameter both ways means None when it is false
        elif answer is Value.NOT_NONE and not self._truth_tests.isdisjoint(same):
            answer = Value.TRUTHY
        return state.with_slots(tuple(answer if value == held else value for value in state.slots))

    def _identity_test(self, i: Instruction, state: State, source: Successor, question: str) -> None:
        negation, _, other = question.rpartition("same ")
        if state.slots[int(other)] is Value.UNBOUND:
            self._raise(i, state, source, "UnboundLocalError", "raises")
            return
        same = is_same(state.slots[i.a], state.slots[int(other)])
        if same is not bool(negation):
            self._go(i, state, source)
        if same is not (not negation):
            self._add(i.c if i.c is not None else -1, state, source, "")

    def _elsewhere_test(self, i: Instruction, state: State, source: Successor, held: Any, question: str) -> None:
        """`file is sys.stdin`: what was made here and never handed on is nobody's attribute."""
        own = held is Value.RESOURCE and state.status == OPEN
        if question != "elsewhere" or not own:
            self._go(i, state, source)
        if question == "elsewhere" or not own:
            self._add(i.c if i.c is not None else -1, state, source, "")

    def _attribute_test(self, i: Instruction, state: State, source: Successor, held: Any, attribute: str) -> None:
        yes, no = state, state
        can_yes = can_no = True
        if held is Value.UNBOUND or held is Value.NONE:
            self._raise(i, state, source, "AttributeError", "raises")
            return
        if held is Value.RESOURCE:
            resource = self.resource
            opened = state.status in (OPEN, HANDED, MANAGED)
            if attribute in resource.closed_tests:
                self.trace.seen_closed = True
                can_yes, can_no = not opened, opened or state.status == FRESH
            elif attribute in resource.open_tests:
                can_yes = opened
                no = state._replace(status=LOST) if state.status == OPEN else state
            elif state.status in GONE and not attribute.isidentifier():
                yes = no = state._replace(status=LOST)  # a comparison of some state: it may say that it is open
        if can_yes:
            self._go(i, yes, source)
        if can_no:
            self._add(i.c if i.c is not None else -1, no, source, "")

    def _dispatch(self, i: Instruction, state: State, source: Successor) -> None:
        state = self._ended(state, i.b)
        for types, entry, slot, group in i.a:
            answer = match(state.slots[0], types)
            if answer is Match.NO:
                continue
            raised = state.slots[0]
            for taken in (raised,) if answer is Match.YES or slot < 0 else taken_by(raised, types):
                slots = list(state.slots)
                slots[0] = None
                if slot >= 0:
                    slots[slot] = taken
                self._add(entry, state.with_slots(tuple(slots)), source, "")
            if answer is Match.YES and not group:
                return
            if answer is Match.MAYBE and not group:
                state = state.with_slots((passed_by(state.slots[0], types), *state.slots[1:]))
        self._add(i.handler, state, source, "")

    def _enter_finally(self, i: Instruction, state: State, source: Successor) -> None:
        slots = list(state.slots)
        if i.b is None:
            slots = list(self._ended(state, i.c).slots)
            slots[i.a] = ("raise", slots[0])
            slots[0] = None
            self._go(i, state.with_slots(tuple(slots)), source)
            return
        slots[i.a] = i.b
        self._add(i.next, state.with_slots(tuple(slots)), source, leaving(i))

    def _end_finally(self, i: Instruction, state: State, source: Successor) -> None:
        completion = state.slots[i.a]
        slots = list(state.slots)
        slots[i.a] = None
        if not isinstance(completion, tuple):
            return
        if completion[0] == "raise":
            slots[0] = completion[1]
            self._add(i.handler, state.with_slots(tuple(slots)), source, "")
        else:
            self._add(completion[1], state.with_slots(tuple(slots)), source, "")

    def _raise_step(self, i: Instruction, state: State, source: Successor) -> None:
        raised = i.a
        how = "raises"
        if isinstance(raised, tuple):
            raised = state.slots[raised[1]] or ANY
            raised, how = (raised if isinstance(raised, str) else ANY), ""
        self._raise(i, state, source, raised, how)

    def _fail(self, i: Instruction, state: State, source: Successor) -> None:
        if state.status == OPEN:
            self.trace.failed.add(state.call)

    def _yield(self, i: Instruction, state: State, source: Successor) -> None:
        if state.status in (OPEN, HANDED) and Value.RESOURCE in state.slots:
            self.trace.yields_open = True
        if state.status == MANAGED:  # what was stored is there for as long as the generator waits
            state = state._replace(sites=frozenset())
        if i.raises:
            self._raise(i, state, source, ANY, "yields")
            self._raise(i, state, source, "GeneratorExit", "yields")
        self._go(i, state, source)

    def _drop(self, i: Instruction, state: State, source: Successor) -> None:
        held = state.slots[i.a]
        after = self._with(state, i.a, Value.UNBOUND)
        if held is Value.RESOURCE and state.status == OPEN and Value.RESOURCE not in after.slots:
            if not state.sites:
                self._lose(i, "is dropped", state)
                after = after._replace(status=ABSENT)
        self._go(i, after, source)

    def _enter(self, i: Instruction, state: State, source: Successor) -> None:
        if state.slots[i.a] is Value.RESOURCE:
            if i.b is not None and (i.b not in self.resource.release_methods or self._wrong_kind(i.b)):
                slots = self._with(state, i.a, Value.UNKNOWN)
                self._go(i, slots, source)
                return
            self.trace.entered = self.trace.managed = True
            if state.status in (OPEN, HANDED):
                state = state._replace(status=MANAGED)
        self._go(i, state, source)

    def _wrong_kind(self, method: str) -> bool:
        return self.resource.asynchronous != (method == "aclose")

    def _exit(self, i: Instruction, state: State, source: Successor) -> None:
        if self.program.told >= 0:
            self.trace.returned.add((state.status, state.slots[self.program.told], bool(state.sites)))
        self._end(state, source, "returns", exceptional=False)

    def _unwind(self, i: Instruction, state: State, source: Successor) -> None:
        self._end(state, source, "raises", exceptional=True)


_STEPS = {
    Op.OPAQUE: Solver._opaque,
    Op.BIND: Solver._bind,
    Op.ORIGIN: Solver._originate,
    Op.METHOD: Solver._method,
    Op.RELEASE: Solver._release_step,
    Op.USE: Solver._use,
    Op.VIEW: Solver._view,
    Op.HAND_OFF: Solver._hand_off,
    Op.TEST: Solver._test,
    Op.FORK: Solver._fork,
    Op.TURN: Solver._turn_step,
    Op.DISPATCH: Solver._dispatch,
    Op.ENTER_FINALLY: Solver._enter_finally,
    Op.END_FINALLY: Solver._end_finally,
    Op.RAISE: Solver._raise_step,
    Op.YIELD: Solver._yield,
    Op.AWAIT: Solver._await,
    Op.PASS: Solver._pass,
    Op.FAIL: Solver._fail,
    Op.DROP: Solver._drop,
    Op.ENTER: Solver._enter,
    Op.JUMP: Solver._jump,
    Op.EXIT: Solver._exit,
    Op.UNWIND: Solver._unwind,
}


def solve(program: Program, kinds: Mapping[str, Kind]) -> list[Trace]:
    """Explore the program once for each of its origins, within MAX_VISITS for all of them together."""
    budget = MAX_VISITS
    traces: list[Trace] = []
    for origin in program.origins:
        solver = Solver(program, origin, kinds, budget=budget)
        traces.append(solver.run())
        budget -= solver.visits
    return traces
