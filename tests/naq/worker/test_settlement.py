"""The settlement table, row by row and as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from naq.job import JobOptions
from naq.worker.settlement import (
    IMPORT_GIVE_BACKS,
    LONGEST_WAIT,
    Action,
    DependencyFailed,
    Forbidden,
    LostTooOften,
    Outcome,
    Policy,
    Raised,
    Returned,
    SettledBefore,
    Stopping,
    Tally,
    Undecodable,
    Unimportable,
    Waiting,
    decide,
)

POLICY = Policy(max_retries=2, retry_delay=(1.0, 7.0), import_delay=3.0)


@pytest.mark.parametrize(
    ("outcome", "tally", "action", "state", "delay", "kind"),
    [
        (Returned(b"1"), Tally(), Action.ACK, "done", 0, None),
        (Raised("E"), Tally(), Action.NAK, "retrying", 1, None),
        (Raised("E"), Tally(failures=1, waits=9), Action.NAK, "retrying", 7, None),
        (Raised("E"), Tally(failures=2), Action.ACK, "failed", 0, "error"),
        (Raised("E", retryable=False), Tally(), Action.ACK, "failed", 0, "error"),
        (Raised("E", timed_out=True), Tally(), Action.NAK, "retrying", 1, None),
        (Raised("E", timed_out=True), Tally(failures=2), Action.ACK, "failed", 0, "timeout"),
        (Undecodable("E"), Tally(), Action.TERM, "failed", 0, "undecodable"),
        (Unimportable("E"), Tally(), Action.NAK, "waiting", 3, None),
        (Unimportable("E"), Tally(imports=1), Action.NAK, "waiting", 3, None),
        (Unimportable("E"), Tally(imports=2), Action.TERM, "failed", 0, "import"),
        (Forbidden("E"), Tally(), Action.TERM, "failed", 0, "not allowed"),
        (Waiting("j"), Tally(), Action.NAK, "waiting", 0.5, None),
        (Waiting("j"), Tally(waits=3), Action.NAK, "waiting", 4, None),
        (Waiting("j"), Tally(waits=500), Action.NAK, "waiting", LONGEST_WAIT, None),
        (Waiting("j", expired=True), Tally(), Action.ACK, "failed", 0, "dependency"),
        (DependencyFailed("j"), Tally(), Action.ACK, "failed", 0, "dependency"),
        (LostTooOften(9), Tally(), Action.ACK, "failed", 0, "lost"),
        (SettledBefore(), Tally(), Action.ACK, None, 0, None),
        (Stopping(), Tally(), Action.NAK, None, 0, None),
    ],
)
def test_row(outcome: Outcome, tally: Tally, action: Action, state: str | None, delay: float, kind: str | None) -> None:
    settlement = decide(outcome, tally, POLICY)
    assert (settlement.action, settlement.state, settlement.delay) == (action, state, delay)
    assert (settlement.failure.kind if settlement.failure else None) == kind


OUTCOMES = st.one_of(
    st.builds(Returned, st.none() | st.binary(max_size=3)),
    st.builds(Raised, st.text(max_size=3), st.text(max_size=3), st.booleans(), st.booleans()),
    st.builds(Undecodable, st.text(max_size=3)),
    st.builds(Unimportable, st.text(max_size=3)),
    st.builds(Forbidden, st.text(max_size=3)),
    st.builds(Waiting, st.just("j"), st.booleans()),
    st.builds(DependencyFailed, st.just("j")),
    st.builds(LostTooOften, st.integers(1, 1000)),
    st.builds(SettledBefore),
    st.builds(Stopping),
)
TALLIES = st.builds(Tally, st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
POLICIES = st.builds(Policy, st.integers(0, 10), st.floats(0, 100), st.floats(0, 100))


@given(OUTCOMES, TALLIES, POLICIES)
def test_nothing_leaves_the_queue_without_a_trace(outcome: Any, tally: Tally, policy: Policy) -> None:
    settlement = decide(outcome, tally, policy)
    gone = settlement.action is not Action.NAK
    assert not gone or settlement.failure is not None or isinstance(outcome, (Returned, SettledBefore))
    assert (settlement.failure is not None) == (settlement.state == "failed")
    assert gone or settlement.failure is None
    assert settlement.delay == 0 or not gone


@given(OUTCOMES, POLICIES)
def test_every_job_comes_to_an_end(outcome: Any, policy: Policy) -> None:
    """The same outcome again and again; waiting ends by its own limit, stopping by the next worker."""
    tally = Tally()
    for _ in range(policy.max_retries + IMPORT_GIVE_BACKS + 2):
        settlement = decide(outcome, tally, policy)
        tally = settlement.tally
        if settlement.action is not Action.NAK:
            return
    assert isinstance(outcome, (Waiting, Stopping))


def test_the_jobs_own_options_come_first() -> None:
    options = JobOptions(max_retries=9, retry_delay=4.0)
    assert Policy.of(options, 1, 2.0, 3.0) == Policy(9, 4.0, 3.0)
    assert Policy.of(JobOptions(), 1, 2.0, 3.0) == Policy(1, 2.0, 3.0)
