"""Counting starts per time, against a list of all of them."""

from __future__ import annotations

import random

import pytest

from naq.option_values import Rate
from naq.queue.rate_window import PARTS, Window, counted, delay_until_free, with_start


def starts_of(rate: Rate, moments: list[float]) -> list[float]:
    """The moments at which a start is permitted."""
    window: Window | None = None
    permitted: list[float] = []
    for now in moments:
        window = counted(window, rate, now)
        if not delay_until_free(window, rate, now):
            window = with_start(window)
            permitted.append(now)
    return permitted


@pytest.mark.parametrize("rate", [Rate(1, 1.0), Rate(7, 60.0), Rate(100, 60.0), Rate(3, 3600.0)])
def test_no_period_has_more_starts_than_the_rate_wherever_it_begins(rate: Rate) -> None:
    drawn = random.Random(rate.starts)
    moments = sorted(drawn.uniform(1e9, 1e9 + 10 * rate.seconds) for _ in range(50 * rate.starts))
    permitted = starts_of(rate, moments)
    for index, first in enumerate(permitted):
        within = [one for one in permitted[index:] if one < first + rate.seconds]
        assert len(within) <= rate.starts
    # And hardly fewer: a twentieth of the period is lost at most, and the last period may be cut.
    assert len(permitted) >= rate.starts * 10 * PARTS / (PARTS + 1) - 2 * rate.starts


def test_after_the_delay_a_start_is_permitted_and_not_before() -> None:
    rate = Rate(2, 10.0)
    window = with_start(counted(with_start(counted(None, rate, 1_000.0)), rate, 1_004.0))
    delay = delay_until_free(counted(window, rate, 1_004.0), rate, 1_004.0)
    assert 6.0 < delay <= 6.5
    assert delay_until_free(counted(window, rate, 1_004.0 + delay), rate, 1_004.0 + delay) == 0
    assert delay_until_free(counted(window, rate, 1_003.9 + delay), rate, 1_003.9 + delay) > 0


def test_a_clock_that_was_set_back_permits_no_more_and_does_not_block() -> None:
    rate = Rate(1, 10.0)
    ahead = with_start(counted(None, rate, 1_000_000.0))
    back = counted(ahead, rate, 1_000.0)
    delay = delay_until_free(back, rate, 1_000.0)
    assert 0 < delay <= rate.seconds * (PARTS + 1) / PARTS


def test_another_period_is_counted_from_the_beginning() -> None:
    full = with_start(counted(None, Rate(1, 10.0), 1_000.0))
    assert delay_until_free(counted(full, Rate(1, 60.0), 1_000.0), Rate(1, 60.0), 1_000.0) == 0
