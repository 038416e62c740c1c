"""How long a failed job waits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from naq.errors import InvalidJob
from naq.retry import MAX_DELAY, Backoff, delay_after, retry_delay


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


@pytest.mark.parametrize("value", [0, 1, 2.5, MAX_DELAY])
def test_seconds_from_zero_to_a_year_are_a_delay(value: float) -> None:
    assert retry_delay(value) == value
    assert retry_delay([value, 1]) == (value, 1.0)
    assert isinstance(retry_delay(value), float)


@pytest.mark.parametrize("value", [-0.1, MAX_DELAY + 1, float("nan"), float("inf"), True, None, "1", [], [1, -1], [True], {}])
def test_other_values_are_not_a_delay(value: Any) -> None:
    with pytest.raises(InvalidJob, match=r"^retry_delay"):
        retry_delay(value)


@pytest.mark.parametrize(
    "values",
    [
        {"base": 0}, {"base": MAX_DELAY}, {"maximum": 0}, {"maximum": MAX_DELAY}, {"factor": 1}, {"factor": 100},
        {"jitter": 0}, {"jitter": 1},
    ],
)  # fmt: skip
def test_the_limits_of_a_backoff_belong_to_it(values: dict[str, float]) -> None:
    assert retry_delay(Backoff(**values)) == Backoff(**values)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"base": MAX_DELAY + 1}, "base and maximum are seconds from 0 to 31536000"),
        ({"maximum": MAX_DELAY + 1}, "base and maximum are seconds from 0 to 31536000"),
        ({"maximum": -1}, "base and maximum are seconds from 0 to 31536000"),
        ({"factor": 0.99}, "factor is a number from 1 to 100, not 0.99"),
        ({"factor": 100.5}, "factor is a number from 1 to 100, not 100.5"),
        ({"jitter": -0.1}, "jitter is a share from 0 to 1, not -0.1"),
        ({"jitter": 1.1}, "jitter is a share from 0 to 1, not 1.1"),
    ],
)
def test_a_value_beyond_a_limit_of_a_backoff_is_named(values: dict[str, float], text: str) -> None:
    with pytest.raises(InvalidJob) as caught:
        Backoff(**values)
    assert str(caught.value) == f"Backoff: {text}"


@pytest.mark.parametrize(("draw", "delay"), [(-1.0, 3.0), (0.0, 4.0), (1.0, 5.0)])
def test_jitter_spreads_in_both_directions(monkeypatch: pytest.MonkeyPatch, draw: float, delay: float) -> None:
    ranges = []
    monkeypatch.setattr("random.uniform", lambda low, high: ranges.append((low, high)) or draw)
    assert delay_after(Backoff(2, 2, 100, 0.25), 2) == delay
    assert ranges == [(-1, 1)]


def test_the_power_of_a_backoff_stops_growing() -> None:
    assert Backoff(1e-30, 2, MAX_DELAY).delay(65) == Backoff(1e-30, 2, MAX_DELAY).delay(1000) == 1e-30 * 2**64


def test_a_backoff_doubles_up_to_five_minutes_by_default() -> None:
    assert Backoff() == Backoff(base=1.0, factor=2.0, maximum=300.0, jitter=0.1)


@pytest.mark.parametrize("item", ["1", None, [1.0]])
def test_each_delay_of_a_list_is_a_number(item: Any) -> None:
    with pytest.raises(InvalidJob, match="is not a number of seconds"):
        retry_delay([1.0, item])
