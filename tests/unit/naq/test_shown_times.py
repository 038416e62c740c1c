"""Times as they are shown to people."""

from __future__ import annotations

import pytest

from naq.shown_times import ago, moment, moment_and_ago, span

NOW = 1_900_000_000.0


@pytest.mark.parametrize(
    ("at", "expected", "distance"),
    [
        (None, "", ""),
        (0.0, "", ""),
        (1_900_000_000.9, "2030-03-17 17:46:40Z", "0 s ago"),
        (NOW - 119, "2030-03-17 17:44:41Z", "119 s ago"),
        (NOW - 120, "2030-03-17 17:44:40Z", "2 min ago"),
        (NOW + 7200, "2030-03-17 19:46:40Z", "in 2 h"),
        (-1.0, "1969-12-31 23:59:59Z", "21991 d ago"),
        (1e300, "at an impossible time", ""),
        (-1e300, "at an impossible time", ""),
        (float("nan"), "at an impossible time", ""),
        (float("inf"), "at an impossible time", ""),
        (1e12, "at an impossible time", ""),
    ],
)
def test_a_time_and_how_long_ago_it_was(at: float | None, expected: str, distance: str) -> None:
    assert (moment(at), ago(at, NOW)) == (expected, distance)
    assert moment_and_ago(at, NOW) == (f"{expected} ({distance})" if distance else expected)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5.0, "0 s"), (0.4, "0 s"), (119.0, "119 s"), (120.0, "2 min"), (7199.0, "120 min"), (7200.0, "2 h"), (172_800.0, "2 d")],
)
def test_a_length_of_time_has_its_largest_unit(seconds: float, expected: str) -> None:
    assert span(seconds) == expected
