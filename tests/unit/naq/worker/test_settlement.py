"""The settlement table, row by row and as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from naq.config import Config
from naq.job import JobOptions
from naq.worker.settlement import (
    Action,
    Crashed,
    DependencyFailed,
    FailedBefore,
    Forbidden,
    LostTooOften,
    Outcome,
    Overtaken,
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

POLICY = Policy(max_retries=2, retry_delay=(1.0, 7.0), import_delay=3.0, import_patience=60.0)


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
        # Neither tries nor time alone: there must have been enough of both.
        (Unimportable("E", at=159.9), Tally(imports=9, import_since=100.0), Action.NAK, "waiting", 3, None),
        (Unimportable("E", at=160.0), Tally(imports=1, import_since=100.0), Action.NAK, "waiting", 3, None),
        (Unimportable("E", at=160.0), Tally(imports=2, import_since=100.0), Action.TERM, "failed", 0, "import"),
        (Unimportable("E", "", "undecodable", 160.0), Tally(0, 0, 2, 0, 100.0), Action.TERM, "failed", 0, "undecodable"),
        (Forbidden("E"), Tally(), Action.TERM, "failed", 0, "not allowed"),
        (FailedBefore("timeout", "E"), Tally(), Action.ACK, "failed", 0, "timeout"),
        (Waiting("j"), Tally(), Action.NAK, "waiting", 4, None),
        (Waiting("j"), Tally(waits=2), Action.NAK, "waiting", 16, None),
        (Waiting("j"), Tally(waits=3), Action.NAK, "waiting", 30, None),
        (Waiting("j"), Tally(waits=500), Action.NAK, "waiting", 30, None),
        (Waiting("j", expired=True), Tally(), Action.ACK, "failed", 0, "dependency"),
        (DependencyFailed("j"), Tally(), Action.ACK, "failed", 0, "dependency"),
        (LostTooOften(9), Tally(), Action.ACK, "failed", 0, "lost"),
        (Crashed("E"), Tally(), Action.NAK, "queued", 1, None),
        (Crashed("E"), Tally(lost=2), Action.ACK, "failed", 0, "lost"),
        (SettledBefore(), Tally(), Action.ACK, None, 0, None),
        (Overtaken(), Tally(), Action.LEAVE, None, 0, None),
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
    st.builds(FailedBefore, st.just("error"), st.text(max_size=3)),
    st.builds(Waiting, st.just("j"), st.booleans()),
    st.builds(DependencyFailed, st.just("j")),
    st.builds(LostTooOften, st.integers(1, 1000)),
    st.builds(Crashed, st.text(max_size=3)),
    st.builds(SettledBefore),
    st.builds(Overtaken),
    st.builds(Stopping),
)
TALLIES = st.builds(Tally, st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
POLICIES = st.builds(Policy, st.integers(0, 10), st.floats(0, 100), st.floats(0, 100), st.integers(1, 5))


@given(OUTCOMES, TALLIES, POLICIES)
def test_nothing_leaves_the_queue_without_a_trace(outcome: Any, tally: Tally, policy: Policy) -> None:
    settlement = decide(outcome, tally, policy)
    gone = settlement.action not in (Action.NAK, Action.LEAVE)
    assert not gone or settlement.failure is not None or isinstance(outcome, (Returned, SettledBefore))
    assert (settlement.failure is not None) == (settlement.state == "failed")
    assert gone or settlement.failure is None
    assert settlement.delay == 0 or not gone


@given(OUTCOMES, POLICIES)
def test_every_job_comes_to_an_end(outcome: Any, policy: Policy) -> None:
    """Repeats the same outcome; waiting ends by its time limit, other outcomes on another worker."""
    tally = Tally()
    for _ in range(policy.max_retries + policy.import_tries + policy.max_lost + 2):
        settlement = decide(outcome, tally, policy)
        tally = settlement.tally
        if settlement.action is not Action.NAK:
            return
    assert isinstance(outcome, (Waiting, Stopping, Overtaken))


def test_the_first_failed_import_is_remembered() -> None:
    first = decide(Unimportable("E", at=100.0), Tally(), POLICY).tally
    assert decide(Unimportable("E", at=110.0), first, POLICY).tally == Tally(imports=2, import_since=100.0)


def test_the_jobs_own_options_come_first() -> None:
    config = Config(queue={"max_retries": 1, "retry_delay": 2}, worker={"import_delay": 3, "import_tries": 4})
    assert Policy.of(JobOptions(max_retries=9, retry_delay=4.0), config) == Policy(9, 4.0, 3.0, 4, 60.0, 3)
    assert Policy.of(JobOptions(), config) == Policy(1, 2.0, 3.0, 4, 60.0, 3)


@pytest.mark.parametrize(
    ("outcome", "tally", "error", "traceback"),
    [
        (Raised("E", "T", retryable=False), Tally(), "E", "T"),
        (Unimportable("E", "T", at=160.0), Tally(imports=2, import_since=100.0), "E", "T"),
        (Undecodable("E"), Tally(), "E", ""),
        (Forbidden("E"), Tally(), "E", ""),
        (FailedBefore("timeout", "E"), Tally(), "E", ""),
        (Waiting("j", expired=True), Tally(), "waited too long for job j", ""),
        (DependencyFailed("j"), Tally(), "job j, on which it depends, has failed", ""),
        (LostTooOften(9), Tally(), "started 9 times and never ended: its worker died or lost the server each time", ""),
        (Crashed("E"), Tally(lost=2), "started 3 times and never ended: E", ""),
    ],
)
def test_the_failed_store_says_why(outcome: Outcome, tally: Tally, error: str, traceback: str) -> None:
    failure = decide(outcome, tally, POLICY).failure
    assert failure is not None
    assert (failure.error, failure.traceback) == (error, traceback)


@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        (Returned(b"1"), Tally(1, 1, 1, 1, 5.0)),
        (Raised("E"), Tally(2, 1, 1, 1, 5.0)),
        (Raised("E", retryable=False), Tally(2, 1, 1, 1, 5.0)),
        (Waiting("j"), Tally(1, 2, 1, 1, 5.0)),
        (Waiting("j", expired=True), Tally(1, 1, 1, 1, 5.0)),
        (Unimportable("E", at=9.0), Tally(1, 1, 2, 1, 5.0)),
        (Crashed("E"), Tally(1, 1, 1, 2, 5.0)),
        (Forbidden("E"), Tally(1, 1, 1, 1, 5.0)),
        (SettledBefore(), Tally(1, 1, 1, 1, 5.0)),
        (Overtaken(), Tally(1, 1, 1, 1, 5.0)),
        (Stopping(), Tally(1, 1, 1, 1, 5.0)),
    ],
)
def test_an_outcome_counts_only_what_it_is(outcome: Outcome, after: Tally) -> None:
    assert decide(outcome, Tally(1, 1, 1, 1, 5.0), POLICY).tally == after


def test_a_result_is_kept_only_of_a_return() -> None:
    assert decide(Returned(b"1"), Tally(), POLICY).result == b"1"
    assert decide(Raised("E"), Tally(), POLICY).result is None
