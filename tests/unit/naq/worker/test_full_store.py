"""A store that is full of jobs: workers empty it, whatever the outcomes of the jobs, and log what is lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nats.js.errors import APIError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import DeserializationError, JobFailed, JobNotFound, StoreFull
from naq.job import Job, job_options
from naq.queue import full_store
from naq.queue.core import Queue
from naq.queue.failures import FailureDetails, move_failure
from naq.queue.full_store import Scarcity
from naq.queue.streams import names
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Config]:
    """A server whose whole store has 1 MB."""
    store = f'jetstream {{ store_dir: "{tmp_path}", max_file_store: 1MB }}'
    with NatsServer(ServerOptions(jetstream=False, extra=store)) as server:
        yield configured(server.config, queue={"retry_delay": 0.05}, worker={"concurrency": 5})


async def filled(queue: Queue, job: Callable[[int], Job], besides: int = 0) -> list[Job]:
    """Enqueue until the store is full; returns the jobs that are stored, `besides` so many other messages."""
    await queue.setup()
    stored: list[Job] = []
    refusal: StoreFull | None = None
    while refusal is None:
        try:
            stored.append(await queue.enqueue(job(len(stored))))
        except StoreFull as error:
            refusal = error
    assert refusal.refused
    assert "is not stored, the store is full: insufficient resources; workers make room" in str(refusal)
    assert await queue.depth() == len(stored) + besides > 100
    return stored


async def work_off(config: Config) -> Worker:
    worker = Worker(config=config, burst=True)
    async with asyncio.timeout(60):
        await worker.run(handle_signals=False)
    return worker


def padding(number: int) -> str:
    """Text that cannot be compressed to much less than half."""
    return f"{number}-{secrets.token_hex(1500)}"


@on_loop
async def test_jobs_with_results_leave_a_full_store(small: Config) -> None:
    queue = Queue(config=small)
    jobs.runs.clear()
    stored = await filled(queue, lambda number: queue.job(jobs.count, padding(number)))
    worker = await work_off(small)
    assert await queue.depth() == 0
    assert (worker.counts.succeeded, worker.counts.failed) == (len(stored), 0)
    assert sorted(jobs.runs.values()) == [1] * len(stored)
    assert [await queue.result(job) for job in stored] == [1] * len(stored)
    await queue.enqueue(jobs.add, 1, 1)


@on_loop
async def test_jobs_that_fail_leave_a_full_store_and_can_be_put_back(small: Config) -> None:
    queue = Queue(config=small)
    stored = await filled(queue, lambda number: queue.job(jobs.fail, padding(number)))
    worker = await work_off(small)
    assert await queue.depth() == 0
    assert (worker.counts.succeeded, worker.counts.failed) == (0, len(stored))
    failed = await FailedJobs(small).list(limit=None)
    assert sorted(one.details.job_id for one in failed) == sorted(job.id for job in stored)
    by_id = {job.id: job for job in stored}
    assert all(one.job(small) == by_id[one.details.job_id] for one in failed)
    assert all(one.details.error.startswith("ValueError: ") and not one.truncated for one in failed)
    again = failed[-1]
    await FailedJobs(small).requeue(again.sequence)
    assert await queue.dequeue() == by_id[again.details.job_id]


@on_loop
async def test_jobs_that_are_run_again_leave_a_full_store(small: Config) -> None:
    """The tallies of their earlier runs find no room in the store either."""
    queue = Queue(config=small)
    jobs.runs.clear()
    options = job_options(max_retries=2, retry_delay=0.05)
    stored = await filled(queue, lambda number: Job.create(jobs.fail_at_first, (padding(number), 9), options=options))
    worker = await work_off(small)
    assert await queue.depth() == 0
    assert sorted(jobs.runs.values()) == [3] * len(stored)
    assert worker.counts.failed == len(stored)
    assert await FailedJobs(small).count() == len(stored)


@on_loop
async def test_messages_that_are_no_jobs_leave_a_full_store(small: Config) -> None:
    queue = Queue(config=small)
    await queue.setup()
    async with nats_jetstream(small) as (_, js):
        for _ in range(50):
            await js.publish(queue.subject, secrets.token_hex(1000).encode())
    # Large jobs, and small jobs until nothing fits.
    large = await filled(queue, lambda number: queue.job(jobs.count, padding(number)), besides=50)
    stored = large + await filled(queue, lambda number: queue.job(jobs.nothing), besides=50 + len(large))
    worker = await work_off(small)
    assert await queue.depth() == 0
    failed = await FailedJobs(small).list(limit=None)
    assert [len(one.payload) for one in failed] == [2000] * 50
    assert (worker.counts.succeeded, worker.counts.failed) == (len(stored), 50)


@on_loop
async def test_what_is_taken_off_by_hand_and_is_no_job_waits_for_room(small: Config) -> None:
    """Nothing else leaves the store meanwhile: a job that finds no room stays on the queue."""
    queue = Queue(config=small)
    await queue.setup()
    async with nats_jetstream(small) as (_, js):
        for _ in range(20):
            await js.publish(queue.subject, secrets.token_bytes(2000))
    await filled(queue, lambda number: queue.job(jobs.add, padding(number), 0), besides=20)
    set_aside = 0
    for _ in range(20):
        try:
            await queue.dequeue()
        except DeserializationError:
            set_aside += 1
        except APIError:
            continue
    assert await FailedJobs(small).count() == set_aside
    while await queue.depth():
        with contextlib.suppress(DeserializationError, APIError):
            await queue.dequeue()
    assert await FailedJobs(small).count() == 20


@on_loop
async def test_a_result_that_finds_no_room_is_given_up_and_said(
    naq_config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    """A bucket with a separate limit: a job that is settled makes no room in it."""
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        bucket = (await js.stream_info(f"KV_{names(naq_config).results}")).config
        await js.update_stream(bucket.evolve(max_bytes=10_000))
    jobs.runs.clear()
    stored = [await queue.enqueue(jobs.give_bytes, 3_000) for _ in range(20)]
    failing = await queue.enqueue(jobs.fail)
    with caplog.at_level(logging.ERROR, "naq.worker"):
        worker = await work_off(naq_config)
    assert await queue.depth() == 0
    assert (worker.counts.succeeded, worker.counts.failed) == (20, 1)
    kept = [job for job in stored if await _has_result(queue, job)]
    assert 1 <= len(kept) <= 3
    given_up = [
        record.message for record in caplog.records if "its result is lost: the store is full" in record.message
    ]
    assert len(given_up) == 20 - len(kept)
    assert all(f"job {job.id} " not in text for job in kept for text in given_up)
    (failed,) = await FailedJobs(naq_config).list()
    assert failed.details.job_id == failing.id


async def _has_result(queue: Queue, job: Job) -> bool:
    """Return whether the result is stored; raises `JobTimeout` for a job that is not even recorded as done."""
    try:
        await queue.result(job, timeout=0)
    except JobNotFound:
        return False
    return True


@on_loop
async def test_a_job_that_is_no_longer_delivered_waits_while_failures_are_stored(
    small: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried for as long as any other failure of its worker."""
    monkeypatch.setattr(full_store, "LATE_FAILURE", 0.3)
    queue, scarcity = Queue(config=small), Scarcity()
    await filled(queue, lambda number: queue.job(jobs.fail, padding(number)))
    details = FailureDetails(kind="undelivered", error="given up", queue=queue.name, seq=1)

    async def one_more() -> bool:
        return True

    async def keep() -> None:
        """Leave the message where it is: others have taken its room."""

    async with nats_jetstream(small) as (connection, js):
        moving = asyncio.create_task(move_failure(connection, js, small, details, padding(1).encode(), keep, scarcity))
        for _ in range(10):
            await asyncio.sleep(0.1)
            assert await scarcity.failure_stored(one_more)
        await queue.purge()
        await moving
    (failed,) = await FailedJobs(small).list()
    assert failed.details.kind == "undelivered"


@on_loop
async def test_a_message_handled_by_hand_leaves_a_full_store(small: Config) -> None:
    queue = Queue(config=small)
    stored = await filled(queue, lambda number: queue.job(jobs.fail, padding(number)))
    worker = Worker(config=small)
    async with nats_jetstream(small) as (_, js):
        subscription: Any = await js.pull_subscribe(
            queue.subject, durable=queue.consumer_name, stream=queue.stream_name
        )
        for _ in range(3):
            (msg,) = await subscription.fetch(1)
            with pytest.raises(ValueError, match="-"):
                await worker.process_message(msg)
    assert await queue.depth() == len(stored) - 3
    assert await FailedJobs(small).count() == 3


@on_loop
async def test_a_failure_in_a_full_store_is_known_to_who_waits(small: Config) -> None:
    queue = Queue(config=small)
    stored = await filled(queue, lambda number: queue.job(jobs.fail, padding(number)))
    await work_off(small)
    seen = 0
    for job in stored[-20:]:
        with pytest.raises(JobFailed):
            await queue.result(job, timeout=0)
        seen += 1
    assert seen == 20
