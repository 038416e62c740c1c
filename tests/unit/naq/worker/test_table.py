"""The settlement table, row by row, on a real server: the records of a job after one delivery to a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.job import Job
from naq.queue.core import Queue
from naq.queue.job_status import recorded_state
from naq.queue.results import last_value
from naq.queue.streams import names
from naq.records import JobResult, decode
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@dataclass(frozen=True)
class Left:
    """The records of a job on the server. `given_back`: the message is not settled, and was delivered before."""

    queued: int = 0
    given_back: bool = False
    state: str | None = None
    failures: int = 0
    result: str | None = None
    failed: str | None = None


async def left_of(config: Config, job_id: str) -> Left:
    queue, where = Queue(config=config), names(config)
    async with nats_jetstream(config) as (_, js):
        state = await recorded_state(js, config, job_id)
        result_data = await last_value(js, where.results, where.key(where.results, job_id))
        given_back = (await js.consumer_info(where.jobs, queue.consumer_name)).num_ack_pending == 1
    failed = await FailedJobs(config).list()
    return Left(
        queued=await queue.depth(),
        given_back=given_back,
        state=state.state if state else None,
        failures=state.failures if state else 0,
        result=decode(result_data, JobResult).state if result_data else None,
        failed=failed[0].details.kind if failed else None,
    )


async def worked_on_once(config: Config) -> None:
    """Run a worker until it has settled the job once."""
    worker = Worker(config=config)
    task = asyncio.create_task(worker.run())
    counts = worker.counts
    await until(lambda: counts.succeeded + counts.failed + counts.retried + counts.waited)
    worker.stop()
    await task


GONE = Left(state="failed", failures=1, result="failed", failed="error")
ROWS: list[tuple[str, Callable[[Queue], Job], Left]] = [
    ("returned", lambda queue: queue.job(jobs.add, 1, 1), Left(state="done", result="done")),
    ("returned, not kept", lambda queue: queue.options(result_ttl=0).job(jobs.add, 1, 1), Left(state="done")),
    (
        "raised, retries left",
        lambda queue: queue.options(max_retries=1, retry_delay=60).job(jobs.fail),
        Left(queued=1, given_back=True, state="retrying", failures=1),
    ),
    ("raised, none left", lambda queue: queue.job(jobs.fail), GONE),
    ("not retryable", lambda queue: queue.options(max_retries=5).job(jobs.fail_for_good), GONE),
    (
        "raised, none left, not kept",
        lambda queue: queue.options(result_ttl=0).job(jobs.fail),
        Left(state="failed", failures=1, failed="error"),
    ),
    (
        "timed out on the loop, retries left",
        lambda queue: queue.options(timeout=0.05, max_retries=1, retry_delay=60).job(jobs.sleep, 5),
        Left(queued=1, given_back=True, state="retrying", failures=1),
    ),
    (
        "timed out on the loop",
        lambda queue: queue.options(timeout=0.05).job(jobs.sleep, 5),
        Left(state="failed", failures=1, result="failed", failed="timeout"),
    ),
    (
        "timed out in a thread",
        lambda queue: queue.options(timeout=0.05).job(jobs.block, 0.3),
        Left(state="failed", failures=1, result="failed", failed="timeout"),
    ),
    ("cannot be imported", lambda queue: queue.job("nowhere:f"), Left(queued=1, given_back=True, state="waiting")),
    (
        "waits for a dependency",
        lambda queue: queue.options(depends_on="another").job(jobs.add, 1, 1),
        Left(queued=1, given_back=True, state="waiting"),
    ),
]


@pytest.mark.parametrize(("make", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
@on_loop
async def test_row(naq_config: Config, make: Callable[[Queue], Job], expected: Left) -> None:
    config = configured(naq_config, worker={"import_delay": 60})
    queue = Queue(config=config)
    job = await queue.enqueue(make(queue))
    await worked_on_once(config)
    # If a result is stored, the state is written without waiting for the server.
    await until(lambda: _is(config, job.id, expected), 5)
    # A message that was given back is not redelivered before its delay is over.
    assert await queue.dequeue(timeout=0.2) is None


async def _is(config: Config, job_id: str, expected: Left) -> bool:
    return await left_of(config, job_id) == expected


@on_loop
async def test_a_dependency_that_failed(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.enqueue(needed := queue.job(jobs.fail))
    await worked_on_once(naq_config)
    await FailedJobs(naq_config).purge()
    job = await queue.options(depends_on=needed, max_retries=5).enqueue(jobs.add, 1, 1)
    await worked_on_once(naq_config)
    # The job has not run and has not failed.
    await until(lambda: _is(naq_config, job.id, Left(state="failed", result="failed", failed="dependency")))


@on_loop
async def test_stopping_gives_back_what_was_not_started_and_stores_nothing(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    gate = jobs.gate("stopping")
    await queue.enqueue(jobs.pass_gate, "stopping")
    waiting = await queue.enqueue(jobs.add, 1, 1)
    worker = Worker(config=naq_config, concurrency=1)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running)
    await until(lambda: _prefetched(naq_config, 2))
    worker.stop()
    gate.set()
    await task
    assert await left_of(naq_config, waiting.id) == Left(queued=1, given_back=True)
    # Redelivered before the end of its ack wait, which is 30 s here.
    assert await queue.dequeue(timeout=2) == waiting


async def _prefetched(config: Config, count: int) -> bool:
    async with nats_jetstream(config) as (_, js):
        return (await js.consumer_info(names(config).jobs, Queue(config=config).consumer_name)).num_ack_pending == count


@on_loop
async def test_the_server_goes_away_after_the_function_ran() -> None:
    """A message without acknowledgement is redelivered; the worker remembers its outcome and does not run it twice."""
    with NatsServer() as server:
        config = configured(server.config, worker={"ack_wait": 1.0}, queue={"publish_timeout": 0.5})
        queue = Queue(config=config)
        jobs.runs.pop("gone", None)
        job = await queue.enqueue(jobs.count_slowly, "gone", 0.5)
        worker = Worker(config=config)
        task = asyncio.create_task(worker.run())
        await until(lambda: worker.status().running)
        await asyncio.to_thread(server.kill)
        await until(lambda: jobs.runs.get("gone"))
        await asyncio.sleep(0.7)
        await asyncio.to_thread(server.start)
        assert await queue.result(job, timeout=30) == 1
        await until(lambda: _is(config, job.id, Left(state="done", result="done")))
        assert jobs.runs["gone"] == 1
        worker.stop()
        await task
