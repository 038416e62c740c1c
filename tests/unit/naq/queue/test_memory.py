"""What a process remembers of jobs: so many and no more, and at what cost."""

from __future__ import annotations

import tracemalloc

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
