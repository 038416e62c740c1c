"""Events of jobs from queues and workers, against a real server; a job never fails because of an event."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import pytest

from naq.config import Config
from naq.events.event import Event
from naq.events.lifecycle import KINDS, LifecycleEvents, emit, lifecycle_sink
from naq.events.subscriber import EventSubscriber
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop


@pytest.fixture
def config(naq_config: Config) -> Config:
    return configured(naq_config, events={"enabled": True})


async def kept(config: Config, count: int) -> list[Event]:
    """The first events of the stream."""
    reader = EventSubscriber("job.*", config, durable="reader")
    found = [await reader.wait_for(5) for _ in range(count)]
    assert await reader.wait_for(0.05) is None
    return [one for one in found if one is not None]


@on_loop
async def test_the_life_of_jobs_is_told(config: Config) -> None:
    queue = Queue(config=config).options(max_retries=1, retry_delay=0.01)
    good = await queue.enqueue(jobs.add, 1, 2)
    bad = await queue.enqueue(jobs.fail, "said so")
    await Worker(config=config, burst=True).run()
    events = await kept(config, 8)
    told = [(one.type, one.data["job_id"]) for one in events]
    assert [kind for kind, job in told if job == good.id] == ["job.enqueued", "job.started", "job.completed"]
    assert [kind for kind, job in told if job == bad.id] == [
        "job.enqueued",
        "job.started",
        "job.retried",
        "job.started",
        "job.failed",
    ]
    failed = next(one for one in events if one.type == "job.failed")
    assert failed.data["function"] == "naq_support.jobs:fail"
    assert failed.data["queue"] == "default"
    assert "said so" in failed.data["error"]


@on_loop
async def test_batches_and_schedules_are_told(config: Config) -> None:
    queue = Queue(config=config)
    await enqueue_batch([queue.job(jobs.nothing) for _ in range(3)], config)
    await ScheduledQueue(config=config).enqueue_at(datetime.now(UTC) + timedelta(hours=1), jobs.nothing)
    events = await kept(config, 4)
    assert [one.type for one in events] == ["job.enqueued"] * 3 + ["job.scheduled"]
    assert events[-1].data["timing"].startswith("@at ")


@on_loop
async def test_nothing_is_told_unless_asked_for(naq_config: Config) -> None:
    assert lifecycle_sink(naq_config) is None
    await Queue(config=naq_config).enqueue(jobs.nothing)
    async with await nats.connect(naq_config.nats.servers[0]) as nc:
        with pytest.raises(nats.js.errors.NotFoundError):
            await nc.jetstream().stream_info(f"{naq_config.queue.prefix}_events")


@on_loop
async def test_an_event_that_cannot_be_sent_fails_no_job(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    # The stream cannot be made: another one has its subjects.
    async with await nats.connect(config.nats.servers[0]) as nc:
        await nc.jetstream().add_stream(
            name=f"{config.queue.prefix}_taken", subjects=[f"{config.queue.prefix}.events.>"]
        )
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.add, 1, 2)
    counts = await Worker(config=config, burst=True).run()
    assert await queue.result(job) == 3
    assert (counts.succeeded, counts.failed) == (1, 0)
    assert "job.enqueued" in caplog.text or "event enqueued" in caplog.text


@on_loop
async def test_a_sink_that_raises_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def emit(self, kind: str, job: Job, **data: Any) -> None:
            raise OSError("no way out")

    job = Job.create(jobs.nothing)
    for kind in KINDS:
        await emit(Broken(), kind, job)
    assert caplog.text.count("no way out") == len(KINDS)


@on_loop
async def test_what_json_cannot_carry_is_reported(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    await emit(LifecycleEvents(config), "failed", Job.create(jobs.nothing), error=object())
    assert "was not sent" in caplog.text


@on_loop
async def test_a_cancelled_caller_stays_cancelled(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        task = asyncio.create_task(emit(LifecycleEvents(config), "started", Job.create(jobs.nothing)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not caplog.records
