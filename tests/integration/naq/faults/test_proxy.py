"""The connection is cut at any byte of an enqueue, and repeatedly under a worker. Each test prints its counts."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import nats.errors
import pytest

from naq.config import Config
from naq.connection import current_pool
from naq.errors import ConnectFailed, EnqueueFailed
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from support.proxy import CuttingProxy

AT_ONCE = 20


async def enqueue_surely(queue: Queue, job: Job, proxy: CuttingProxy) -> bool:
    """Enqueue through a proxy that cuts connections, then again without cuts; returns whether the cut was noticed."""
    try:
        await queue.enqueue(job)
        noticed = False
    except (ConnectFailed, EnqueueFailed):
        proxy.up = proxy.down = None
        await queue.enqueue(job)
        noticed = True
    for shared in current_pool().connections:
        if shared.settings is queue.config.nats:
            await current_pool().retire(shared)
    return noticed


@pytest.mark.parametrize("step", [37, pytest.param(1, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
@pytest.mark.parametrize("direction", ["up", "down"])
@on_loop
async def test_cut_at_any_byte_of_an_enqueue(
    nats_server: NatsServer, naq_config: Config, direction: str, step: int
) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    # Up to some hundred bytes more than an enqueue sends, including the handshake.
    waiting = [(limit, queue.job(jobs.add, limit, 0)) for limit in range(0, 1500, step)]
    total = len(waiting)
    expected = {job.id for _, job in waiting}
    seen: Counter[bool] = Counter()

    async def one_after_the_other() -> None:
        while waiting:
            limit, job = waiting.pop()
            async with CuttingProxy(nats_server, **{direction: limit}).running() as proxy:
                config = configured(
                    naq_config,
                    nats={"servers": (proxy.url,), "connect_timeout": 2.0, "reconnect_time_wait": 0.02},
                    queue={"publish_timeout": 0.5, "publish_attempts": 2},
                )
                seen[await enqueue_surely(Queue(config=config), job, proxy)] += 1

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    found: list[str] = []
    while (job := await queue.dequeue(timeout=0)) is not None:
        found.append(job.id)
    lost, twice = len(expected - set(found)), len(found) - len(set(found))
    print(f"\ncut at every {step}. byte {direction}: {seen[True]} of {total} noticed, {lost} lost, {twice} stored twice")
    assert seen[True]
    assert seen[False]
    assert (lost, twice) == (0, 0)


class FickleProxy(CuttingProxy):
    """A proxy that cuts the first connections, each after some thousand bytes, but not later connections."""

    def __init__(self, server: NatsServer, cuts: int) -> None:
        super().__init__(server)
        self._cuts = cuts
        self._random = Random(cuts)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done = self.accepted >= self._cuts
        # Past the greeting, so that something is done; the first time past all that a worker asks at its start.
        some = range(20_000, 30_000) if not self.accepted else range(2_000, 9_000)
        self.up, self.down = (None, None) if done else (self._random.choice(some) for _ in range(2))
        super()._accept(reader, writer)


@pytest.mark.parametrize(
    ("total", "cuts"), [(100, 10), pytest.param(4_000, 300, marks=[pytest.mark.faults, pytest.mark.timeout(900)])]
)
@on_loop
async def test_cut_again_and_again_under_a_worker(
    nats_server: NatsServer, naq_config: Config, total: int, cuts: int
) -> None:
    jobs.runs.clear()
    batch = [Job.create(jobs.count, (f"cut{number}",)) for number in range(total)]
    (await enqueue_batch(batch, naq_config)).raise_for_failures()
    queue = Queue(config=naq_config)
    async with FickleProxy(nats_server, cuts).running() as proxy:
        config = configured(
            naq_config,
            nats={"servers": (proxy.url,), "connect_timeout": 5.0, "reconnect_time_wait": 0.02},
            queue={"publish_timeout": 1.0},
            worker={"ack_wait": 2.0},
        )
        worker = Worker(config=config)
        running = asyncio.create_task(_persistently(worker))
        results = [await queue.result(job, timeout=90) for job in batch]
        await until(lambda: _is_empty(queue), 60)
        worker.stop()
        await running
    twice = sum(times > 1 for times in jobs.runs.values())
    made = min(proxy.accepted, cuts)
    print(f"\ncut {made} times under a worker: {total - len(results)} of {total} lost, {twice} run twice")
    assert made >= cuts // 2
    assert len(jobs.runs) == total
    # Only jobs that had started and had no stored outcome may run twice.
    assert twice <= made * (config.worker.concurrency + config.worker.prefetch)


async def _persistently(worker: Worker) -> None:
    """A worker raises if its first connection is cut; later it waits for its server."""
    while True:
        try:
            await worker.run()
            return
        except (ConnectFailed, nats.errors.Error, OSError):
            await asyncio.sleep(0.01)


async def _is_empty(queue: Queue) -> bool:
    return await queue.depth() == 0
