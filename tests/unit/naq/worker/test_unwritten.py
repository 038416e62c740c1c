"""Tallies that a full store did not accept."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from naq.job import Job
from naq.records import State
from naq.worker.delivery import Delivery
from naq.worker.job_record import JobRecord
from naq.worker.settlement import Tally
from naq.worker.unwritten import UnwrittenTallies

JOB, OTHER = Job(id="one", function="package.module:name"), Job(id="two", function="package.module:name")
TALLY = Tally(failures=2)


def delivery(attempt: int, job: Job | None = JOB, seq: int = 7) -> Delivery:
    msg: Any = SimpleNamespace(reply=f"$JS.ACK.naq_jobs.default-workers.{attempt}.{seq}.1.1.0")
    found = Delivery.of(msg, "default", 0.0)
    found.job = job
    return found


def noted(state: State) -> UnwrittenTallies:
    """What is remembered after the second delivery of a job got this state."""
    unwritten = UnwrittenTallies()
    unwritten.note(JobRecord(JOB, state, TALLY, 7, 2))
    return unwritten


@pytest.mark.parametrize("state", ["retrying", "waiting"])
def test_the_next_delivery_of_the_job_has_the_tally(state: State) -> None:
    unwritten = noted(state)
    assert unwritten.of(delivery(3)) == TALLY
    others = (delivery(2), delivery(4), delivery(3, OTHER), delivery(3, None), delivery(3, seq=8))
    assert [unwritten.of(other) for other in others] == [None] * 5


@pytest.mark.parametrize("state", ["running", "done", "failed"])
def test_another_state_needs_no_tally(state: State) -> None:
    assert noted(state).of(delivery(3)) is None


def test_a_delivery_without_an_outcome_leaves_the_tally_to_the_next() -> None:
    unwritten = noted("retrying")
    unwritten.keep(delivery(3))
    assert unwritten.of(delivery(4)) == TALLY
    unwritten.keep(delivery(9))
    assert unwritten.of(delivery(10)) is None
