"""The memory of a process about jobs: its limit and its size."""

from __future__ import annotations

import tracemalloc

import pytest

from naq.queue.memory import REMEMBERED, Marks, Memory, Place

PLACE = Place(("nats://127.0.0.1:4222",), "naq_jobs", "naq.queue.default")


def test_marks_forget_the_oldest() -> None:
    marks = Marks(3)
    for number in range(5):
        marks.add(("a", str(number)))
    assert [("a", str(number)) in marks for number in range(6)] == [False, False, True, True, True, False]


def test_an_enqueued_job_is_known_by_stream_and_id() -> None:
    memory = Memory()
    memory.settle(PLACE, "one")
    assert memory.enqueued(PLACE._replace(subject="naq.queue.other"), "one")
    assert not memory.enqueued(PLACE, "two")
    assert not memory.enqueued(PLACE._replace(stream="other_jobs"), "one")


def test_enqueued_jobs_are_remembered_in_eight_bytes_each() -> None:
    memory = Memory()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(3 * REMEMBERED):
            memory.settle(PLACE, f"{number:032}")
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    # An array has some room to grow.
    assert 8 * REMEMBERED <= grown < 10 * REMEMBERED


def test_the_later_id_of_a_job_is_known_as_long_as_the_server_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    now = 100.0
    monkeypatch.setattr("naq.queue.memory.time.monotonic", lambda: now)
    assert memory.later_id(PLACE, "one", 10.0) is None
    memory.follow(PLACE, "one", "default.one.7")
    memory.follow(PLACE._replace(subject="naq.queue.other"), "one", "other.one.8")
    now = 109.9
    assert memory.later_id(PLACE, "one", 10.0) == "default.one.7"
    assert memory.later_id(PLACE, "two", 10.0) is None
    now = 110.0
    assert memory.later_id(PLACE, "one", 10.0) is None


def test_later_ids_are_bounded() -> None:
    memory = Memory(limit=2)
    for number in range(3):
        memory.follow(PLACE, str(number), f"default.{number}.1")
    assert [memory.later_id(PLACE, str(number), 10.0) for number in range(3)] == [None, "default.1.1", "default.2.1"]
