"""A full store, a stream with a limit, and jobs enqueued again and again: what is lost, run twice, or stuck.

A short repetition runs with the suite, the long one with `make faults`.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import StoreFull
from naq.job import Job, job_options
from naq.queue.core import Queue
from naq.queue.pipeline import Pipeline
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until

OPTIONS = job_options(max_retries=2, retry_delay=0.05)


def job_number(number: int) -> Job:
    """Return a job that succeeds, fails permanently, or succeeds at its second run; each with a large argument."""
    key = f"{number}-{secrets.token_hex(1000)}"
    if number % 3 == 0:
        return Job.create(jobs.count, (key,), options=OPTIONS)
    # A failing job may be tried often: its count of failures is lost when the full store does not accept it.
    return Job.create(jobs.fail_at_first, (key, 1_000_000 if number % 3 == 1 else 1), options=OPTIONS)


async def insist(queue: Queue, job: Job) -> int:
    """Enqueue until it is stored; returns how often that was refused."""
    refused = 0
    while True:
        try:
            await queue.enqueue(job)
        except StoreFull:
            refused += 1
            await asyncio.sleep(0.05)
        else:
            return refused


async def _is_empty(queue: Queue) -> bool:
    return await queue.depth() == 0


async def run_all(config: Config, total: int, workers: int) -> str:
    """Enqueue more jobs than the store can hold while a worker runs them; returns the counts."""
    queue = Queue(config=config)
    jobs.runs.clear()
    every = [job_number(number) for number in range(total)]
    at_work = [Worker(config=config) for _ in range(workers)]
    first = [await insist_until_full(queue, every)]
    running = [asyncio.create_task(worker.run(handle_signals=False)) for worker in at_work]
    left = every[first[0] :]
    refused = sum(await asyncio.gather(*(_insist_all(queue, left[start::4]) for start in range(4))))
    await until(lambda: _is_empty(queue), 300)
    for worker in at_work:
        worker.stop()
    await asyncio.gather(*running)
    expected = Counter({0: 1, 1: 3, 2: 2})
    runs = {int(key.split("-")[0]): times for key, times in jobs.runs.items()}
    lost = total - len(runs)
    over = {kind: sum(max(0, runs[one] - expected[kind]) for one in runs if one % 3 == kind) for kind in expected}
    # The tally of a job is lost if a full store does not accept it and another worker continues: a failing job may be
    # tried more often. No job that has succeeded runs again.
    twice, more_tries = over[0] + over[2], over[1]
    kept = await FailedJobs(config).list(limit=None)
    failures = len(range(1, total, 3)) - len({one.details.job_id for one in kept})
    stuck = await queue.depth()
    said = f"{total} jobs, {first[0]} until it was full, {refused} refused: "
    said += f"{lost} lost, {twice} run twice, {failures} failures lost, {stuck} stuck; {more_tries} more tries"
    assert (lost, twice, failures, stuck) == (0, 0, 0, 0), said
    return said


async def insist_until_full(queue: Queue, every: list[Job]) -> int:
    """Enqueue until the store is full; returns how many are stored."""
    for number, job in enumerate(every):
        try:
            await queue.enqueue(job)
        except StoreFull:
            return number
    raise AssertionError("the store is too large for this test")


async def _insist_all(queue: Queue, some: list[Job]) -> int:
    return sum([await insist(queue, job) for job in some])


LONG = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.mark.parametrize(("total", "store"), [(600, "1MB"), pytest.param(6_000, "8MB", marks=LONG)])
@on_loop
async def test_a_store_that_is_full_all_the_time(tmp_path: Path, total: int, store: str) -> None:
    extra = f'jetstream {{ store_dir: "{tmp_path}", max_file_store: {store} }}'
    with NatsServer(ServerOptions(jetstream=False, extra=extra)) as server:
        # Failures stay in the store, so all must fit; states expire in less time than a failure waits for room.
        config = configured(server.config, queue={"result_ttl": 2.0, "state_ttl": 5.0}, worker={"concurrency": 5})
        await Queue(config=config).setup()
        print(f"\nfull store: {await run_all(config, total, 2)}")


@pytest.mark.parametrize(("total", "limit"), [(600, 300_000), pytest.param(6_000, 2_000_000, marks=LONG)])
@on_loop
async def test_a_stream_that_drops_its_oldest_jobs(naq_config: Config, total: int, limit: int) -> None:
    config = configured(naq_config, worker={"concurrency": 5})
    queue = Queue(config=config)
    await queue.setup()
    async with nats_jetstream(config) as (_, js):
        stream = (await js.stream_info(queue.stream_name)).config
        await js.update_stream(stream.evolve(max_bytes=limit))
    print(f"\nmax_bytes: {await run_all(config, total, 2)}")


@pytest.mark.parametrize("rounds", [150, pytest.param(3_000, marks=LONG)])
@on_loop
async def test_jobs_that_are_enqueued_again_and_again(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    """Jobs are moved, purged, enqueued again and put back while one answer in eight is lost."""
    dice = random.Random(7)
    answered = Pipeline._on_answer

    def deaf_now_and_then(pipeline: Pipeline, msg: Msg) -> None:
        if b'"seq"' not in msg.data or dice.random() > 0.125:
            answered(pipeline, msg)

    config = configured(
        naq_config,
        # Longer than the test, as the same job counts as another job after the window.
        queue={"publish_timeout": 0.3, "publish_attempts": 20, "duplicate_window": 3600.0},
        nats={"reconnect_time_wait": 0.02},
    )
    queues = [Queue(name, config) for name in ("one", "two")]
    for queue in queues:
        await queue.setup()
    # The queues on which the job must be, compared with the server after each step.
    job, where = Job.create(jobs.add, (1, 1)), set[int]()
    lost = twice = 0
    monkeypatch.setattr(Pipeline, "_on_answer", deaf_now_and_then)
    for _ in range(rounds):
        number = dice.randrange(2)
        match dice.choice(["enqueue", "enqueue", "batch", "dequeue", "purge"]):
            case "enqueue":
                await queues[number].enqueue(job)
                where.add(number)
            case "batch":
                (await queues[number].enqueue_batch([job])).raise_for_failures()
                where.add(number)
            case "dequeue":
                assert (await queues[number].dequeue(timeout=0) is None) == (number not in where)
                where.discard(number)
            case _:
                await queues[number].purge()
                where.discard(number)
        depths = [await queue.depth() for queue in queues]
        lost += sum(depth < (number in where) for number, depth in enumerate(depths))
        twice += sum(depth > (number in where) for number, depth in enumerate(depths))
    print(f"\nenqueued again in {rounds} steps, one answer in eight lost: {lost} lost, {twice} stored twice")
    assert (lost, twice) == (0, 0)
