"""The errors of a publish: their messages, and whether the job is certainly not stored."""

from __future__ import annotations

import pytest

from naq.errors import EnqueueFailed, PermissionDenied, StoreFull
from naq.queue.pipeline import Refusal
from naq.queue.publishing import lacks_room, not_stored, refused, store_full, unconfirmed


@pytest.mark.parametrize(
    ("certain", "text"),
    [
        (True, "job a is not stored, the server refuses it: too large"),
        (False, "job a may not be stored (an earlier try had no answer), the server refuses it: too large"),
    ],
)
def test_a_refusal_says_whether_an_earlier_try_may_be_stored(certain: bool, text: str) -> None:
    error = refused("a", Refusal(400, 10054, "too large"), certain=certain)
    assert (type(error), str(error), error.job_id) == (EnqueueFailed, text, "a")
    assert (error.refused, error.code) == (certain, 10054)
    assert getattr(error.__cause__, "err_code", None) == 10054


@pytest.mark.parametrize("certain", [True, False])
def test_a_refusal_for_lack_of_room_is_a_full_store(certain: bool) -> None:
    error = refused("a", Refusal(503, 10047, "insufficient storage"), certain=certain)
    assert (type(error), error.refused, error.code) == (StoreFull, certain, 10047)
    assert str(error).startswith(f"job a {'is' if certain else 'may'} not ")


@pytest.mark.parametrize("certain", [True, False])
def test_a_full_store_has_its_reason(certain: bool) -> None:
    error = store_full("a", "no space", certain=certain)
    assert (error.refused, error.code) == (certain, 0)
    assert "the store is full: no space; workers make room" in str(error)


def test_errors_are_certain_unless_the_caller_says_otherwise() -> None:
    refusal = Refusal(400, 10054, "too large")
    found = [refused("a", refusal), store_full("a", "no space"), not_stored("a", OSError("down"))]
    assert [error.refused for error in found] == [True, True, True]


@pytest.mark.parametrize(
    ("operation", "certain", "stored"),
    [
        ("publish", True, "is not stored"),
        ("publish", False, "may not be stored, no confirmation can come"),
        # The job may be stored: only the server's answer was denied.
        ("subscribe", True, "may not be stored, no confirmation can come"),
        ("subscribe", False, "may not be stored, no confirmation can come"),
    ],
)
def test_a_denied_answer_leaves_open_whether_the_job_is_stored(operation: str, certain: bool, stored: str) -> None:
    denied = PermissionDenied(operation, "_INBOX.>")
    error = not_stored("a", denied, certain=certain)
    assert str(error) == f"job a {stored}: {denied}"
    assert error.refused == (stored == "is not stored")


def test_an_unconfirmed_job_is_not_certainly_lost() -> None:
    error = unconfirmed("a", 3, TimeoutError())
    assert not error.refused
    assert "3 tries were not confirmed (TimeoutError)" in str(error)


@pytest.mark.parametrize(
    ("code", "text", "full"),
    [
        (10077, "maximum messages exceeded", True),
        (10077, "other", False),
        (10077, None, False),
        (10054, "maximum messages exceeded", False),
        (None, "maximum messages exceeded", False),
        (10047, None, True),
    ],
)
def test_a_store_is_full_by_its_code_or_its_text(code: int | None, text: str | None, full: bool) -> None:
    assert lacks_room(code, text) is full
