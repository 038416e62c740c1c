"""Transfer functions of names."""

from __future__ import annotations

import pytest

from flake8_naq.cfg.instructions import (
    AttributeTest,
    Bind,
    Copy,
    Instruction,
    Question,
    SameAs,
    Truth,
)
from flake8_naq.cfg.instructions import (
    Test as Branch,
)
from flake8_naq.cfg.values import Label, Parameter, SlotValue, Value, View
from flake8_naq.dataflow.observations import Departure
from flake8_naq.dataflow.state import Status
from lint.dataflow.problems import (
    HANDLER,
    NEXT,
    NODE,
    OTHER,
    A,
    B,
    after,
    events,
    state,
    step,
    ways,
)

V = Value


@pytest.mark.parametrize(
    ("slots", "value", "status", "lost"),
    [
        ((V.RESOURCE, V.UNBOUND), V.NONE, Status.ABSENT, V.RESOURCE),
        ((V.RESOURCE, V.RESOURCE), V.NONE, Status.OPEN, None),
        ((V.PREVIOUS_RESOURCE, V.RESOURCE), V.NONE, Status.OPEN, V.PREVIOUS_RESOURCE),
        ((V.RESOURCE, V.UNBOUND), V.RESOURCE, Status.OPEN, None),
        ((V.UNKNOWN, V.RESOURCE), V.NONE, Status.OPEN, None),
        ((V.RESOURCE, View("jetstream")), V.NONE, Status.ABSENT, V.RESOURCE),
    ],
)
def test_the_last_name_of_an_open_resource_is_lost_where_it_is_rebound(
    slots: tuple[SlotValue, SlotValue], value: Value, status: Status, lost: Value | None
) -> None:
    done = step(Bind(NODE, A, value), state(Status.OPEN, *slots))
    assert done.lost is lost
    assert (after(done).status, after(done).slots[A]) == (status, value)


def test_a_resource_that_is_not_open_is_not_lost() -> None:
    for status in (Status.CLOSED, Status.HANDED_OFF, Status.MANAGED, Status.DISCONNECTED):
        done = step(Bind(NODE, A, V.NONE), state(status, V.RESOURCE))
        assert done.lost is None
        assert after(done).status is status


def test_a_copy_leaves_its_source_and_a_move_does_not() -> None:
    before = state(Status.OPEN, V.UNBOUND, V.RESOURCE)
    assert after(step(Copy(NODE, A, B, moves=False), before)).slots[1:] == (V.RESOURCE, V.RESOURCE)
    moved = step(Copy(NODE, A, B, moves=True), before)
    assert after(moved).slots[1:] == (V.RESOURCE, V.UNBOUND)
    assert moved.lost is None


def test_a_nested_function_that_takes_over_the_name_gets_what_it_is_bound_to() -> None:
    before = state(Status.OPEN, V.UNBOUND, V.RESOURCE)
    done = step(Copy(NODE, A, B, moves=False), before, captured=[A])
    assert after(done).status is Status.HANDED_OFF
    assert events(done.observations) == ["HANDED_OFF"]
    assert after(step(Copy(NODE, A, B, moves=False), before, captured=[B])).status is Status.OPEN


@pytest.mark.parametrize(("value", "kind"), [(V.RESOURCE, "connection"), (View("jetstream"), "jetstream")])
def test_a_name_that_a_nested_function_mentions_is_a_use(value: SlotValue, kind: str) -> None:
    done = step(Copy(NODE, A, B, moves=False), state(Status.OPEN, V.UNBOUND, value), mentioned=[A])
    assert events(done.observations) == ["USED nested function", f"USED {kind}"]
    assert events(step(Bind(NODE, A, V.NONE), state(Status.OPEN), mentioned=[A]).observations) == []


@pytest.mark.parametrize("held", [V.RESOURCE, V.PREVIOUS_RESOURCE])
def test_a_temporary_value_that_ends_is_no_loss(held: Value) -> None:
    done = step(Bind(NODE, A, V.UNBOUND), state(Status.OPEN, held))
    assert (done.lost, after(done).status, after(done).slots[A]) == (None, Status.OPEN, V.UNBOUND)


def branch(question: Question, negated: bool = False) -> Instruction:
    return Branch(NODE, A, question, negated, Label(2))


@pytest.mark.parametrize(
    ("question", "held", "status", "targets"),
    [
        (Truth.TRUE, V.RESOURCE, Status.OPEN, [NEXT]),
        (Truth.NONE, V.RESOURCE, Status.OPEN, [OTHER]),
        (Truth.TRUE, V.UNKNOWN, Status.OPEN, [NEXT, OTHER]),
        (Truth.BOUND, V.UNBOUND, Status.OPEN, [OTHER]),
        (Truth.BOUND, V.NONE, Status.OPEN, [NEXT]),
        (SameAs(B), V.RESOURCE, Status.OPEN, [OTHER]),
        (SameAs(B), V.NONE, Status.OPEN, [NEXT]),
        (SameAs(B), V.UNKNOWN, Status.OPEN, [NEXT, OTHER]),
        (AttributeTest("name"), V.RESOURCE, Status.OPEN, [NEXT, OTHER]),
        (AttributeTest("is_closed"), V.RESOURCE, Status.OPEN, [OTHER]),
        (AttributeTest("is_closed"), V.RESOURCE, Status.CLOSED, [NEXT]),
        (AttributeTest("is_closed"), V.RESOURCE, Status.FRESH, [NEXT, OTHER]),
        (AttributeTest("is_closed"), V.UNKNOWN, Status.OPEN, [NEXT, OTHER]),
        (AttributeTest("is_connected"), V.RESOURCE, Status.CLOSED, [OTHER]),
        (AttributeTest("is_connected"), V.RESOURCE, Status.OPEN, [NEXT, OTHER]),
    ],
)
def test_a_test_goes_on_where_its_answer_can_be(
    question: Question, held: SlotValue, status: Status, targets: list[int]
) -> None:
    before = state(status, held, V.NONE)
    assert [target for target, _ in ways(step(branch(question), before))] == targets
    swapped = [{NEXT: OTHER, OTHER: NEXT}[target] for target in targets]
    assert [target for target, _ in ways(step(branch(question, negated=True), before))] == sorted(swapped)


@pytest.mark.parametrize(
    ("question", "slots"),
    [
        (Truth.TRUE, (V.UNBOUND, V.NONE)),
        (SameAs(B), (V.NONE, V.UNBOUND)),
        (AttributeTest("is_closed"), (V.NONE, V.NONE)),
        (AttributeTest("is_closed"), (V.UNBOUND, V.NONE)),
    ],
)
def test_a_test_of_what_is_unbound_or_has_no_attributes_raises(question: Question, slots: tuple[Value, Value]) -> None:
    assert ways(step(branch(question), state(Status.ABSENT, *slots))) == [(HANDLER, Departure.RAISES)]


def test_a_test_narrows_each_slot_with_the_same_parameter() -> None:
    before = state(Status.ABSENT, Parameter("p"), Parameter("p"))
    done = step(branch(Truth.TRUE), before)
    assert after(done).slots == (None, V.TRUTHY, V.TRUTHY)
    assert after(done, OTHER).slots == (None, V.NONE, V.NONE)
    asked = step(branch(Truth.NONE), before)
    assert after(asked).slots == (None, V.NONE, V.NONE)
    assert after(asked, OTHER).slots == (None, V.TRUTHY, V.TRUTHY)
    assert after(step(branch(Truth.BOUND), before)) == before


def test_a_resource_that_is_not_connected_need_not_be_released() -> None:
    connected = step(branch(AttributeTest("is_connected")), state(Status.OPEN, V.RESOURCE))
    assert (after(connected).status, after(connected, OTHER).status) == (Status.OPEN, Status.DISCONNECTED)
    managed = step(branch(AttributeTest("is_connected")), state(Status.MANAGED, V.RESOURCE))
    assert after(managed, OTHER).status is Status.MANAGED
    asked = step(branch(AttributeTest("is_closed")), state(Status.OPEN, V.RESOURCE))
    assert events(asked.observations) == ["TESTED_CLOSED"]
