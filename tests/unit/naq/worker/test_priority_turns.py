"""The order in which the priorities are asked."""

from __future__ import annotations

from collections import Counter

import pytest

from naq.option_values import PRIORITIES, Priority
from naq.worker.priority_turns import EVERY, Turns


def taken(waiting: dict[Priority, int], room: int, jobs: int) -> list[Priority]:
    """The jobs that a worker takes that asks for `room` at a time."""
    turns, order = Turns(), list[Priority]()
    while len(order) < jobs and sum(waiting.values()):
        left = room
        for level, count in [*turns.due(left), *((level, 0) for level in PRIORITIES)]:
            asked = min(left, count or left)
            if asked:
                got = min(asked, waiting[level])
                waiting[level] -= got
                left -= got
                turns.note(level, asked, got)
                order += [level] * got
    return order


def test_nine_of_a_higher_priority_then_one_that_was_passed_over() -> None:
    order = taken({"high": 100, "normal": 0, "low": 100}, 1, 30)
    assert order == [*["high"] * 9, "low"] * 3


@pytest.mark.parametrize("room", [1, 3, 10, 64])
def test_of_each_ten_about_one_is_of_each_lower_priority(room: int) -> None:
    counts = Counter(taken({"high": 10_000, "normal": 10_000, "low": 10_000}, room, 1_000))
    assert 80 <= counts["low"] <= 1_200 / EVERY
    assert 80 <= counts["normal"] <= 1_200 / EVERY
    assert counts["high"] >= 700


@pytest.mark.parametrize("room", [1, 4, 50])
def test_a_higher_priority_comes_first(room: int) -> None:
    order = taken({"high": 5, "normal": 5, "low": 5}, room, 15)
    assert sorted(order) == sorted([*["high"] * 5, *["normal"] * 5, *["low"] * 5])
    if room < EVERY:
        assert order[:5] == ["high"] * 5
        assert order[-3:] == ["low"] * 3


def test_what_found_nothing_is_not_passed_over() -> None:
    turns = Turns()
    turns.note("high", 9, 9)
    assert turns.due(1) == [("low", 1)]
    turns.note("low", 1, 0)
    turns.note("normal", 1, 0)
    assert turns.due(1) == []
