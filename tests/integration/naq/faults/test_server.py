"""The server dies, stalls or is full while jobs are enqueued and worked off. Each test prints what it counted.

A short repetition runs with the suite, the long one with `make faults`.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from naq.config import Config
from naq.errors import ConnectFailed, EnqueueFailed, JobTimeout
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.fetch import GRACE, WITHDRAWAL
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until, until_at_least


@pytest.fixture
def server() -> Iterator[NatsServer]:
    """A separate server that a test may kill or stall."""
    with NatsServer() as server:
        yield server


def patient(server: NatsServer, **worker: object) -> Config:
    """A Config with short time limits and many tries."""
    return configured(
        server.config,
        nats={"reconnect_time_wait": 0.05, "connect_timeout": 5.0},
        queue={"publish_timeout": 1.0, "publish_attempts": 10, "retry_delay": 0.05},
        worker={"ack_wait": 2.0, **worker},
    )


async def stored_ids(queue: Queue) -> list[str]:
    """Remove all jobs from a queue; returns their ids, each as often as it was on the queue."""
    found: list[str] = []
    while (job := await queue.dequeue(timeout=0)) is not None:
        found.append(job.id)
    return found


@pytest.mark.parametrize(
    ("total", "kills"), [(500, 1), pytest.param(5_000, 5, marks=[pytest.mark.faults, pytest.mark.timeout(600)])]
)
@on_loop
async def test_server_killed_in_the_middle_of_enqueues(server: NatsServer, total: int, kills: int) -> None:
    queue = Queue(config=patient(server))
    await queue.setup()
    waiting = [queue.job(jobs.add, number, 0) for number in range(total)]
    expected = {job.id for job in waiting}
    confirmed = 0

    async def enqueue_all() -> None:
        nonlocal confirmed
        while waiting:
            await queue.enqueue(waiting.pop())
            confirmed += 1

    async def kill() -> None:
        for number in range(1, kills + 1):
            await until_at_least(lambda: confirmed, total * number // (kills + 1), 120)
            await asyncio.to_thread(server.restart)

    await asyncio.gather(kill(), *(enqueue_all() for _ in range(20)))
    found = await stored_ids(queue)
    lost, twice = len(expected - set(found)), len(found) - len(set(found))
    print(f"\nserver killed {kills} times in {total} enqueues: {lost} lost, {twice} stored twice")
    assert (confirmed, lost, twice) == (total, 0, 0)


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=[pytest.mark.faults, pytest.mark.timeout(600)])])
@on_loop
async def test_server_killed_in_the_middle_of_a_batch(server: NatsServer, rounds: int) -> None:
    config = patient(server)
    queue = Queue(config=config)
    await queue.setup()
    lost = twice = 0
    for _ in range(rounds):
        batch = [queue.job(jobs.add, number, 0) for number in range(3_000)]
        sending = asyncio.create_task(enqueue_batch(batch, config))
        await asyncio.sleep(0.02)
        await asyncio.to_thread(server.restart)
        result = await sending
        assert not result.failed
        found = await stored_ids(queue)
        lost += len({job.id for job in batch} - set(found))
        twice += len(found) - len(set(found))
    print(f"\nserver killed in {rounds} batches of 3000: {lost} lost, {twice} stored twice")
    assert (lost, twice) == (0, 0)


@pytest.mark.parametrize(
    ("total", "kills"), [(200, 1), pytest.param(2_000, 10, marks=[pytest.mark.faults, pytest.mark.timeout(600)])]
)
@on_loop
async def test_server_killed_under_a_running_worker(server: NatsServer, total: int, kills: int) -> None:
    config = patient(server)
    queue = Queue(config=config)
    jobs.runs.clear()
    batch = [Job.create(jobs.count, (f"worker{number}",)) for number in range(total)]
    (await enqueue_batch(batch, config)).raise_for_failures()
    worker = Worker(config=config)
    running = asyncio.create_task(worker.run())
    for number in range(1, kills + 1):
        await until_at_least(lambda: len(jobs.runs), total * number // (kills + 1), 120)
        await asyncio.to_thread(server.restart)
    await until(lambda: len(jobs.runs) == total, 60)
    results = [await queue.result(job, timeout=30) for job in batch]
    await until(lambda: _empty(queue), 30)
    worker.stop()
    await running
    twice = sum(times > 1 for times in jobs.runs.values())
    lost = total - len(results)
    print(f"\nserver killed {kills} times under a worker: {lost} of {total} lost, {twice} run twice")
    # Only jobs that had started and had no stored outcome may run twice: never more than the worker held.
    assert twice <= kills * (config.worker.concurrency + config.worker.prefetch)


async def _empty(queue: Queue) -> bool:
    try:
        return await queue.depth() == 0
    except (ConnectFailed, TimeoutError):
        return False


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=[pytest.mark.faults, pytest.mark.timeout(600)])])
@on_loop
async def test_server_stalled_for_longer_than_all_timeouts(server: NatsServer, rounds: int) -> None:
    config = patient(server, ack_wait=1.0)
    queue = Queue(config=config)
    await queue.setup()
    jobs.runs.clear()
    worker = Worker(config=config)
    running = asyncio.create_task(worker.run())
    total = 200 * rounds
    batch = [queue.job(jobs.count, f"stalled{number}") for number in range(total)]
    for number in range(rounds):
        enqueueing = [asyncio.create_task(queue.enqueue(job)) for job in batch[number * 200 : number * 200 + 200]]
        await asyncio.sleep(0.05)
        server.suspend()
        await asyncio.sleep(2.5)
        server.resume()
        await asyncio.gather(*enqueueing)
    assert [await queue.result(job, timeout=30) for job in batch]
    await until(lambda: _empty(queue), 30)
    worker.stop()
    await running
    lost, twice = total - len(jobs.runs), Counter(times > 1 for times in jobs.runs.values())[True]
    print(f"\nserver stalled {rounds} times for 2.5 s: {lost} of {total} lost, {twice} run twice")
    assert (lost, twice) == (0, 0)


@on_loop
async def test_nobody_waits_for_a_stalled_server_for_ever(server: NatsServer) -> None:
    """A call with a timeout ends within it plus the time for withdrawing a request, however long the stall."""
    config = patient(server)
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.add, 1, 2)
    await queue.dequeue()
    server.suspend()
    started = time.monotonic()
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await queue.dequeue(timeout=0.1)
        waiting = asyncio.create_task(queue.dequeue(timeout=60))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait({waiting})
        with pytest.raises(JobTimeout):
            await queue.result(job, timeout=0.1)
        spent = time.monotonic() - started
    finally:
        server.resume()
    job = await queue.enqueue(jobs.add, 3, 4)
    assert await queue.dequeue(timeout=5) == job
    print(f"\nserver stalled: dequeue, its cancellation and result ended after {spent:.1f} s")
    # For each dequeue: its timeout and grace, and the time to withdraw the request; for the result: one request's.
    assert spent < 2 * (GRACE + WITHDRAWAL + GRACE + GRACE) + 10


@on_loop
async def test_a_result_is_waited_for_through_a_stall(server: NatsServer) -> None:
    """The stall is longer than the time limit of one request and shorter than the timeout for the result."""
    queue = Queue(config=patient(server))
    job = await queue.enqueue(jobs.add, 1, 2)
    waiting = asyncio.create_task(queue.result(job, timeout=60))
    await asyncio.sleep(0.2)
    server.suspend()
    await asyncio.sleep(7.0)
    server.resume()
    await Worker(config=patient(server), burst=True).run()
    assert await waiting == 3


@on_loop
async def test_a_full_server_refuses_and_loses_nothing(tmp_path: Path) -> None:
    store = f'jetstream {{ store_dir: "{tmp_path}", max_file_store: 8MB }}'
    with NatsServer(ServerOptions(jetstream=False, extra=store)) as server:
        config = patient(server)
        queue = Queue(config=config).options(result_ttl=0)
        await queue.setup()
        stored, refused = 0, []
        jobs.runs.clear()
        for number in range(200):
            job = queue.job(jobs.count, f"full{number}" + "x" * 100_000)
            if await _try(queue, job):
                stored += 1
            else:
                refused.append(job)
        assert refused
        assert stored
        assert await queue.depth() == stored
        worker = Worker(config=config)
        running = asyncio.create_task(worker.run())
        await until(lambda: _empty(queue), 60)
        for job in refused:
            await until(functools.partial(_try, queue, job), 30)
        await until(lambda: len(jobs.runs) == 200, 30)
        await until(lambda: _empty(queue), 30)
        worker.stop()
        await running
    twice = sum(times > 1 for times in jobs.runs.values())
    lost = 200 - len(jobs.runs)
    print(f"\nserver full: {stored} stored, {len(refused)} refused and enqueued later, {lost} lost, {twice} run twice")
    assert twice == 0


async def _try(queue: Queue, job: Job) -> bool:
    try:
        await queue.enqueue(job)
    except EnqueueFailed as error:
        return not error.refused
    return True


@on_loop
async def test_a_worker_waits_for_its_server(server: NatsServer) -> None:
    config = patient(server)
    queue = Queue(config=config)
    await queue.setup()
    worker = Worker(config=config)
    running = asyncio.create_task(worker.run())
    await until(Status(config).workers)
    await asyncio.to_thread(server.kill)
    started = time.monotonic()
    await asyncio.sleep(1.0)
    assert not running.done()
    await asyncio.to_thread(server.start)
    job = await queue.enqueue(jobs.add, 1, 2)
    assert await queue.result(job, timeout=20) == 3
    worker.stop()
    await running
    print(f"\nserver away for a while: the next job done {time.monotonic() - started:.1f} s after it died")
