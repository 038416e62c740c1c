"""Three servers; the leader of the jobs stream is killed while jobs are enqueued and run."""

from __future__ import annotations

import asyncio

import pytest

from naq.config import Config
from naq.connection import close_all
from naq.errors import ConnectFailed, EnqueueFailed
from naq.job import Job
from naq.queue.core import Queue
from naq.queue.streams import names
from naq.testing import NatsCluster
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, leader_of, on_loop, until, until_at_least


async def enqueue_surely(queue: Queue, job: Job) -> None:
    """Enqueue the same job until it is confirmed, as a careful caller does."""
    while True:
        try:
            await queue.enqueue(job)
            return
        except (ConnectFailed, EnqueueFailed):
            await asyncio.sleep(0.1)


async def results_of(queue: Queue, batch: list[Job]) -> int:
    found = 0
    for job in batch:
        await queue.result(job, timeout=60)
        found += 1
    return found


def settings(cluster: NatsCluster) -> Config:
    return configured(
        cluster.config,
        nats={"reconnect_time_wait": 0.05, "connect_timeout": 5.0},
        queue={"replicas": 3, "publish_timeout": 1.0, "publish_attempts": 10},
        worker={"ack_wait": 2.0},
    )


@pytest.mark.parametrize(
    ("total", "kills"),
    [(200, 1), pytest.param(2_000, 6, marks=[pytest.mark.faults, pytest.mark.timeout(600)])],
)
@on_loop
async def test_leader_of_the_jobs_stream_killed(total: int, kills: int) -> None:
    with NatsCluster() as cluster:
        config = settings(cluster)
        queue = Queue(config=config)
        await queue.setup()
        jobs.runs.clear()
        batch = [queue.job(jobs.count, f"cluster{number}") for number in range(total)]
        waiting = list(batch)

        async def enqueue_all() -> None:
            while waiting:
                await enqueue_surely(queue, waiting.pop())

        worker = Worker(config=config)
        working = asyncio.create_task(worker.run())
        enqueueing = [asyncio.create_task(enqueue_all()) for _ in range(5)]
        for number in range(1, kills + 1):
            await until_at_least(lambda: len(jobs.runs), total * number // (kills + 1), 120)
            leader = await leader_of(cluster, names(config).jobs)
            await asyncio.to_thread(leader.kill)
            await asyncio.to_thread(leader.start)
            await asyncio.to_thread(cluster.wait_until_ready)
        await asyncio.gather(*enqueueing)
        found = await results_of(queue, batch)
        await until(lambda: len(jobs.runs) == total)
        worker.stop()
        await working
        await close_all()
    twice = sum(times > 1 for times in jobs.runs.values())
    print(f"\nleader killed {kills} times: {total - found} of {total} lost, {twice} run twice")
    assert found == total
    # Only jobs that had started and had no stored outcome may run twice.
    assert twice <= kills * (config.worker.concurrency + config.worker.prefetch)


@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=[pytest.mark.faults, pytest.mark.timeout(600)])])
@on_loop
async def test_enqueue_waits_through_an_election(kills: int) -> None:
    """With the settings that a program has by default; no client repeats a call."""
    with NatsCluster() as cluster:
        config = configured(cluster.config, queue={"replicas": 3})
        queue = Queue(config=config)
        await queue.setup()
        stored = 0
        end = asyncio.Event()

        async def produce() -> None:
            nonlocal stored
            while not end.is_set():
                await queue.enqueue(jobs.nothing)
                stored += 1
                await asyncio.sleep(0.02)

        async def batches() -> None:
            nonlocal stored
            while not end.is_set():
                result = await queue.enqueue_batch([queue.job(jobs.nothing) for _ in range(10)])
                result.raise_for_failures()
                stored += len(result.stored)
                await asyncio.sleep(0.2)

        producing = [asyncio.create_task(work()) for work in (produce, produce, batches)]
        for _ in range(kills):
            before = stored
            await until_at_least(lambda: stored, before + 100, 120)
            leader = await leader_of(cluster, names(config).jobs)
            await asyncio.to_thread(leader.kill)
            before = stored
            await until_at_least(lambda: stored, before + 100, 120)
            await asyncio.to_thread(leader.start)
            await asyncio.to_thread(cluster.wait_until_ready)
        end.set()
        ended = await asyncio.gather(*producing, return_exceptions=True)
        depth = await queue.depth()
        await close_all()
    raised = [one for one in ended if one is not None]
    print(f"\nleader killed {kills} times: {len(raised)} raised, {stored - depth} of {stored} lost")
    assert (raised, depth) == ([], stored)
