"""Which delivery of a message has the job: the comparison of a stored record with the delivery that writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from nats.aio.msg import Msg

from naq.queue.results import LastValue
from naq.records import JobResult, MessageState, State, encode
from naq.worker.delivery import Delivery
from naq.worker.precedence import CLAIM, Superseded, check_present, is_ours

OURS = b"ours"


def delivery(attempt: int) -> Delivery:
    client: Any = None
    return Delivery.of(Msg(client, reply=f"$JS.ACK.stream.consumer.{attempt}.7.3.1700.0"), "default", 0.0)


def result(state: Any, seq: int = 7, stored: str = "1700") -> bytes:
    return encode(JobResult(job_id="a", state=state, seq=seq, stored=stored))


@pytest.mark.parametrize(
    ("present", "settled"),
    [
        (MessageState(seq=7, state="running", attempt=1), None),
        (MessageState(seq=7, state="running", attempt=2), None),
        (MessageState(seq=7, state="done", attempt=2), None),
        (MessageState(seq=7, state="running", attempt=3), False),
        (MessageState(seq=7, state="done", attempt=1), True),
        (MessageState(seq=7, state="failed", attempt=3), True),
        (MessageState(seq=7, state="failed", attempt=1, storing="error"), False),
    ],
)
def test_a_state_of_another_delivery_supersedes_the_second(present: MessageState, settled: bool | None) -> None:
    if settled is None:
        check_present(present, 2)
        return
    with pytest.raises(Superseded) as caught:
        check_present(present, 2)
    assert caught.value.settled == settled


@pytest.mark.parametrize(
    ("value", "claim", "state", "expected"),
    [
        (None, "", "done", False),
        (OURS, "", "done", True),
        (b"unreadable", "", "done", False),
        (result("done", seq=6), "", "done", False),
        (result("done", stored="1600"), "", "done", False),
        (result("failed"), "", "failed", True),
        (None, "7 1700 2", "failed", True),
        (None, "7 1700 1", "failed", False),
        (None, "7 1600 3", "failed", False),
        (None, "7 1700 three", "failed", False),
        (None, "7 1700", "failed", False),
    ],
)
def test_a_result_is_ours_or_can_be_replaced(value: bytes | None, claim: str, state: State, expected: bool) -> None:
    headers: Mapping[str, str] = {CLAIM: claim} if claim else {}
    assert is_ours(LastValue(value, 1, headers), OURS, {CLAIM: "7 1700 2"}, delivery(2), state) == expected


@pytest.mark.parametrize(
    ("value", "claim", "state", "settled"),
    [
        (result("done"), "", "done", True),
        (result("done"), "", "failed", True),
        (result("failed"), "", "done", True),
        (None, "7 1700 3", "done", False),
    ],
)
def test_a_result_of_another_delivery_supersedes(value: bytes | None, claim: str, state: State, settled: bool) -> None:
    headers: Mapping[str, str] = {CLAIM: claim} if claim else {}
    with pytest.raises(Superseded) as caught:
        is_ours(LastValue(value, 1, headers), OURS, {CLAIM: "7 1700 2"}, delivery(2), state)
    assert caught.value.settled == settled
