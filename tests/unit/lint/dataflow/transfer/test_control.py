"""Transfer functions of control flow."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.cfg.instructions import (
    Dispatch,
    EndFinally,
    EnterFinally,
    FailExpectation,
    Fork,
    Handler,
    Instruction,
    Jump,
    Opaque,
    Raise,
    Yield,
)
from flake8_naq.cfg.values import IN_FLIGHT, NO_SLOT, Goto, Label, Reraise, Slot, Value
from flake8_naq.dataflow.observations import Departure
from flake8_naq.dataflow.state import State, Status
from flake8_naq.prescan.exceptions import ANY, CANCELLED, ExceptionSet
from lint.dataflow.problems import HANDLER, NEXT, NODE, OTHER, SITE, A, B, after, events, origin, state, step, ways

ELSE = Label(2)  # at the program point OTHER
HELD = Value.RESOURCE
RAISED = ExceptionSet("ValueError")


def flying(raised: ExceptionSet, status: Status = Status.OPEN) -> State:
    return state(status, HELD).with_slot(IN_FLIGHT, raised)


def test_what_concerns_no_resource_goes_on_raises_and_is_cancelled() -> None:
    done = step(Opaque(NODE), state(Status.OPEN, HELD), raises=True, cancels=True)
    assert ways(done) == [(HANDLER, Departure.RAISES), (HANDLER, Departure.CANCELLED), (NEXT, None)]
    assert [one.slots[IN_FLIGHT] for _, one, _ in done.outcomes] == [ANY, CANCELLED, None]
    assert events(done.observations) == ["HAD_OTHER_WORK"]
    assert events(step(Opaque(NODE), state(Status.CLOSED, HELD)).observations) == []


@pytest.mark.parametrize(
    ("instruction", "cancels", "kept"),
    [
        (Opaque(NODE), False, True),
        (Opaque(NODE), True, False),
        (Fork(NODE, ELSE), False, True),
        (Fork(NODE, ELSE), True, False),
        (Yield(NODE, resumed=True), False, False),
    ],
)
def test_what_a_managed_block_has_stored_is_in_use_where_the_block_waits(
    instruction: Instruction, cancels: bool, kept: bool
) -> None:
    done = step(instruction, state(Status.MANAGED, HELD, sites=[SITE]), cancels=cancels)
    assert bool(after(done).sites) is kept
    assert ("IN_USE" not in events(done.observations)) is kept
    passed = step(instruction, state(Status.OPEN, HELD, sites=[SITE]), cancels=cancels)
    assert after(passed).sites
    assert "IN_USE" not in events(passed.observations)


def test_an_exception_in_a_loop_makes_the_next_turn_a_retry() -> None:
    looping, before = origin(loops=1), state(Status.OPEN, HELD)
    assert after(step(Opaque(NODE), before, looping, raises=True), HANDLER).interrupted
    assert not after(step(Opaque(NODE), before, looping, raises=True)).interrupted
    assert not after(step(Opaque(NODE), before, raises=True), HANDLER).interrupted
    assert not after(step(Opaque(NODE), state(Status.ABSENT), looping, raises=True), HANDLER).interrupted


def test_an_exception_in_a_managed_block_leaves_its_stores_to_the_normal_end() -> None:
    assert not after(step(Opaque(NODE), state(Status.MANAGED, sites=[SITE]), raises=True), HANDLER).sites
    assert after(step(Opaque(NODE), state(Status.OPEN, sites=[SITE]), raises=True), HANDLER).sites


def test_a_jump_and_a_fork_change_nothing() -> None:
    before = state(Status.OPEN, HELD)
    assert step(Jump(None), before).outcomes == ((NEXT, before, None),)
    assert step(Fork(NODE, ELSE), before).outcomes == [(NEXT, before, None), (OTHER, before, None)]


@pytest.mark.parametrize(
    ("instruction", "raised", "departure"),
    [
        (Raise(NODE, RAISED), RAISED, Departure.RAISES),
        (Raise(NODE, ANY, handled=A), CANCELLED, None),
        (Raise(NODE, RAISED, handled=B), ANY, None),
    ],
)
def test_a_raise_is_of_its_exception_or_of_the_handled_one(
    instruction: Raise, raised: ExceptionSet, departure: Departure | None
) -> None:
    done = step(instruction, state(Status.OPEN, CANCELLED, None))
    assert ways(done) == [(HANDLER, departure)]
    assert after(done, HANDLER).slots[IN_FLIGHT] == raised


def test_a_generator_is_thrown_into_or_closed_where_it_yields() -> None:
    done = step(Yield(NODE, resumed=False), state(Status.OPEN, HELD), raises=True)
    assert [(target, one.slots[IN_FLIGHT]) for target, one, _ in done.outcomes] == [
        (HANDLER, ANY),
        (HANDLER, ExceptionSet("GeneratorExit")),
        (NEXT, None),
    ]
    assert ways(done)[:2] == [(HANDLER, Departure.YIELDS)] * 2


@pytest.mark.parametrize(
    ("status", "slot", "seen"),
    [
        (Status.OPEN, HELD, ["YIELDED_OPEN"]),
        (Status.HANDED_OFF, HELD, ["YIELDED_OPEN"]),
        (Status.OPEN, Value.UNKNOWN, []),
        (Status.CLOSED, HELD, []),
        (Status.MANAGED, HELD, []),
    ],
)
def test_a_yield_with_the_resource_open_is_observed(status: Status, slot: Value, seen: list[str]) -> None:
    assert events(step(Yield(NODE, resumed=True), state(status, slot)).observations) == seen


def test_ends_lead_nowhere() -> None:
    assert events(step(FailExpectation(NODE), state(Status.OPEN, HELD)).observations) == ["EXPECTED_TO_FAIL"]
    assert step(FailExpectation(NODE), state(Status.CLOSED, HELD)) == ((), (), None)


def handler(*types: str | None, slot: Slot = NO_SLOT, group: bool = False) -> Handler:
    return Handler(types, ELSE, slot, group)


@pytest.mark.parametrize(
    ("handlers", "taken", "passed"),
    [
        ([handler("ValueError")], 1, None),
        ([handler("OSError")], 0, RAISED),
        ([handler(None)], 1, RAISED),
        ([handler(None), handler("Exception")], 2, None),
        ([handler("Exception"), handler("ValueError")], 1, None),
        ([handler("ValueError", group=True)], 1, RAISED),
        ([handler("app.Error")], 0, RAISED),
    ],
)
def test_an_exception_goes_to_each_handler_that_may_take_it(
    handlers: list[Handler], taken: int, passed: ExceptionSet | None
) -> None:
    done = step(Dispatch(NODE, tuple(handlers)), flying(RAISED))
    assert ways(done) == [(OTHER, None)] * taken + [(HANDLER, None)] * (passed is not None)
    assert all(one.slots[IN_FLIGHT] is None for target, one, _ in done.outcomes if target == OTHER)
    if passed is not None:
        assert after(done, HANDLER).slots[IN_FLIGHT] == passed


def test_a_handler_keeps_what_it_took_for_a_bare_raise() -> None:
    done = step(Dispatch(NODE, (handler("OSError", "KeyError", slot=B),)), flying(ANY))
    kept = [one.slots[B] for target, one, _ in done.outcomes if target == OTHER]
    assert kept == [ExceptionSet("OSError", narrower=True), ExceptionSet("KeyError", narrower=True)]
    assert after(done, HANDLER).slots[IN_FLIGHT] == ExceptionSet("Exception", excluded=("OSError", "KeyError"))
    sure = step(Dispatch(NODE, (handler("ValueError", slot=B),)), flying(RAISED))
    assert after(sure, OTHER).slots[B] == RAISED


def test_a_finally_keeps_the_exception_that_entered_it() -> None:
    before = state(Status.OPEN, Value.UNBOUND, HELD).with_slot(IN_FLIGHT, RAISED)
    assert after(step(EnterFinally(NODE, A, None), before)).slots == (None, Reraise(RAISED), HELD)


@pytest.mark.parametrize(
    ("statement", "departure"),
    [("return", Departure.RETURNS), ("break", Departure.BREAKS), ("continue", Departure.CONTINUES), ("pass", None)],
)
def test_a_finally_remembers_how_it_was_entered(statement: str, departure: Departure | None) -> None:
    node = ast.parse(f"\n{statement}").body[0]
    done = step(EnterFinally(node, A, ELSE), state(Status.OPEN))
    assert ways(done) == [(NEXT, departure)]
    assert after(done).slots[A] == Goto(ELSE)


def test_a_finally_goes_on_as_it_was_entered() -> None:
    end = EndFinally(NODE, A)
    raised = step(end, state(Status.OPEN, Reraise(CANCELLED)))
    assert ways(raised) == [(HANDLER, None)]
    assert after(raised, HANDLER).slots == (CANCELLED, None, Value.UNBOUND)
    gone = step(end, state(Status.OPEN, Goto(ELSE)))
    assert ways(gone) == [(OTHER, None)]
    assert after(gone, OTHER).slots == (None, None, Value.UNBOUND)
    assert step(end, state(Status.OPEN, None)).outcomes == ()
