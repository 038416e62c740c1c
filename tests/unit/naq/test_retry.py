"""How long a failed job waits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from naq.errors import InvalidJob
from naq.retry import Backoff, delay_after


def test_a_number_is_always_the_same() -> None:
    assert [delay_after(2.5, failures) for failures in (1, 2, 50)] == [2.5, 2.5, 2.5]


def test_of_a_list_the_last_holds_for_the_rest() -> None:
    assert [delay_after((1.0, 5.0), failures) for failures in (1, 2, 3, 50)] == [1, 5, 5, 5]


def test_a_backoff_grows_to_its_maximum() -> None:
    backoff = Backoff(1, 2, 10, jitter=0)
    assert [delay_after(backoff, failures) for failures in range(1, 7)] == [1, 2, 4, 8, 10, 10]


@given(
    st.floats(0, 1000), st.floats(1, 100), st.floats(0, 100_000), st.floats(0, 1), st.integers(1, 1_000_000)
)
def test_jitter_stays_in_its_share(base: float, factor: float, maximum: float, jitter: float, failures: int) -> None:
    backoff = Backoff(base, factor, maximum, jitter)
    plain = backoff.delay(failures)
    assert 0 <= plain <= maximum
    assert plain * (1 - jitter) - 1e-6 <= delay_after(backoff, failures) <= plain * (1 + jitter) + 1e-6


@pytest.mark.parametrize(
    "values", [{"base": -1}, {"factor": 0.5}, {"maximum": float("inf")}, {"jitter": 2}, {"base": float("nan")}]
)
def test_a_backoff_that_makes_no_sense_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(InvalidJob, match="Backoff"):
        Backoff(**values)


@pytest.mark.parametrize("wrong", [{"base": "1"}, {"factor": None}, {"jitter": True}, {"maximum": float("nan")}])
def test_a_backoff_of_no_numbers_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidJob, match="Backoff: "):
        Backoff(**wrong)
