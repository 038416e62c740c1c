"""The lattice of states: what tests answer, which slots hold the same object, and what widening forgets."""

from __future__ import annotations

import pytest

from flake8_naq.cfg.instructions import Truth
from flake8_naq.cfg.values import NO_SLOT, Goto, Label, Parameter, Reraise, SlotValue, Value, View
from flake8_naq.dataflow.state import FLAG_STATES, VIEW_STATES, Status, answers, same_object, widen
from flake8_naq.prescan.exceptions import CANCELLED
from lint.dataflow.problems import A, state

V = Value


@pytest.mark.parametrize(
    ("held", "question", "yes", "no"),
    [
        (V.TRUE, Truth.TRUE, V.TRUE, None),
        (V.FALSE, Truth.TRUE, None, V.FALSE),
        (V.NONE, Truth.TRUE, None, V.NONE),
        (V.FALSY, Truth.TRUE, None, V.FALSY),
        (V.RESOURCE, Truth.TRUE, V.RESOURCE, None),
        (View("jetstream"), Truth.TRUE, View("jetstream"), None),
        (V.UNKNOWN, Truth.TRUE, V.TRUTHY, V.FALSY),
        (V.NOT_NONE, Truth.TRUE, V.TRUTHY, V.FALSE),
        (V.NONE, Truth.NONE, V.NONE, None),
        (V.UNKNOWN, Truth.NONE, V.NONE, V.NOT_NONE),
        (V.FALSY, Truth.NONE, V.NONE, V.FALSE),
        (V.TRUTHY, Truth.NONE, None, V.TRUTHY),
        (V.RESOURCE, Truth.NONE, None, V.RESOURCE),
        (V.UNBOUND, Truth.BOUND, None, V.UNBOUND),
        (V.NONE, Truth.BOUND, V.NONE, None),
        (V.UNKNOWN, Truth.BOUND, V.UNKNOWN, None),
    ],
)
def test_an_answer_says_what_the_slot_holds(held: SlotValue, question: Truth, yes: SlotValue, no: SlotValue) -> None:
    assert answers(held, question) == (yes, no)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (V.NONE, V.NONE, True),
        (V.TRUE, V.TRUE, True),
        (V.RESOURCE, V.RESOURCE, True),
        (Parameter("a"), Parameter("a"), True),
        (Parameter("a"), Parameter("b"), None),
        (V.NONE, V.TRUE, False),
        (V.RESOURCE, V.UNKNOWN, False),
        (Parameter("a"), V.RESOURCE, False),
        (V.NONE, V.NOT_NONE, False),
        (V.TRUTHY, V.NONE, False),
        (V.OTHER_RESOURCE, V.NONE, False),
        (V.NONE, V.FALSY, None),
        (V.NONE, V.UNKNOWN, None),
        (V.UNKNOWN, V.UNKNOWN, None),
        (V.TRUTHY, V.TRUTHY, None),
        (V.TRUTHY, V.TRUE, None),
    ],
)
def test_whether_two_slots_hold_one_object(first: SlotValue, second: SlotValue, expected: bool | None) -> None:
    assert same_object(first, second) is expected
    assert same_object(second, first) is expected


def test_widening_forgets_views_first() -> None:
    many = state(Status.OPEN, View("jetstream"), V.TRUE, Parameter("p"))
    widened = state(Status.OPEN, V.UNKNOWN, V.TRUE, Parameter("p"))
    assert widen(many, VIEW_STATES + 1) == widen(many, FLAG_STATES) == widened


def test_widening_then_forgets_flags() -> None:
    completions = Goto(Label(3)), Reraise(CANCELLED)
    kept = V.RESOURCE, V.PREVIOUS_RESOURCE, V.UNBOUND, *completions
    forgotten = V.NONE, V.TRUE, V.FALSE, V.TRUTHY, V.FALSY, V.NOT_NONE, V.OTHER_RESOURCE, Parameter("p")
    widened = widen(state(Status.OPEN, *kept, *forgotten), FLAG_STATES + 1)
    assert widened == state(Status.OPEN, *kept, *[V.UNKNOWN] * len(forgotten))


def test_a_slot_that_does_not_exist_keeps_nothing() -> None:
    before = state(Status.OPEN, V.NONE)
    assert before.with_slot(NO_SLOT, V.TRUE) is before
    assert before.with_slot(A, V.TRUE).slots == (None, V.TRUE, V.UNBOUND)


def test_changes_keep_the_rest_of_a_state() -> None:
    before = state(Status.OPEN, V.PREVIOUS_RESOURCE, interrupted=True)
    for changed in (before.with_slot(A, V.NONE), before.without_previous()):
        assert (changed.status, changed.acquisition, changed.interrupted) == (Status.OPEN, before.acquisition, True)
    assert before.without_previous().slots[A] is V.UNKNOWN
