"""All parts at once for a long time, with servers killed and workers replaced: nothing is lost, and nothing grows."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.job import Job, job_options
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.queue.streams import names
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop

QUEUES = ("one", "two")
WAITING = 500
WORKERS = 2
CONCURRENCY = 5


@pytest.fixture
def server() -> Iterator[NatsServer]:
    """A separate server that the test kills."""
    with NatsServer() as server:
        yield server


class Size(NamedTuple):
    """The resources of this process and of the server."""

    sockets: int
    tasks: int
    consumers: int
    subscriptions: int
    resident_kb: int


async def size_of(config: Config) -> Size:
    """Return what is held now, after a collection."""
    gc.collect()
    async with nats_jetstream(config) as (connection, js):
        consumers = (await js.stream_info(names(config).jobs)).state.consumer_count
        subscriptions = len(connection._subs)
    sockets = sum(1 for one in Path("/proc/self/fd").iterdir() if "socket:" in _target(one))
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    resident = pages * os.sysconf("SC_PAGE_SIZE") // 1024
    return Size(sockets, len(asyncio.all_tasks()), consumers, subscriptions, resident)


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except FileNotFoundError:
        return ""


class Producer:
    """Enqueues jobs of all kinds, each with a key, and knows how often each has to run."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.expected: dict[str, int] = {}
        self._dice = random.Random(11)

    def _made(self, fails: int, depends_on: Job | None = None) -> Job:
        key = f"soak{len(self.expected)}"
        self.expected[key] = min(fails, 2) + 1
        options = job_options(max_retries=2, retry_delay=0.05, depends_on=depends_on or ())
        return Job.create(jobs.fail_at_first, (key, fails), options=options, queue=self._dice.choice(QUEUES))

    async def step(self) -> None:
        """Enqueue jobs in one of four ways."""
        fails = self._dice.choice((0, 0, 0, 1, 9))
        match self._dice.randrange(4):
            case 0:
                job = self._made(fails)
                await Queue(job.queue, self.config).enqueue(job)
            case 1:
                batch = [self._made(fails) for _ in range(20)]
                (await enqueue_batch(batch, self.config)).raise_for_failures()
            case 2:
                job = self._made(fails)
                await ScheduledQueue(job.queue, self.config).enqueue_in(0.5, job)
            case _:
                needed = self._made(0)
                await Queue(needed.queue, self.config).enqueue(needed)
                after = self._made(0, depends_on=needed)
                await Queue(after.queue, self.config).enqueue(after)


async def all_done(config: Config) -> bool:
    """Return whether no job waits or runs."""
    # Schedules first: a job that becomes due between the two looks is seen on its queue.
    if any([await ScheduledQueue(name, config).list() for name in QUEUES]):
        return False
    return not any([await Queue(name, config).depth() for name in QUEUES])


async def soak(config: Config, server: NatsServer, producer: Producer, seconds: float, breaks: int) -> None:
    """Enqueue for so long, with two workers; so many times, the server is killed, and later a worker replaced."""
    workers = [Worker(QUEUES, config) for _ in range(WORKERS)]
    running = [asyncio.create_task(worker.run(handle_signals=False)) for worker in workers]
    began = time.monotonic()

    async def enqueue_until(share: float) -> None:
        while time.monotonic() < began + seconds * share:
            # The workers keep up: what waits is bounded.
            if len(producer.expected) < len(jobs.runs) + WAITING:
                await producer.step()
            await asyncio.sleep(0.01)

    for number in range(1, breaks + 1):
        await enqueue_until((number - 0.5) / (breaks + 1))
        await asyncio.to_thread(server.restart)
        await enqueue_until(number / (breaks + 1))
        workers[number % 2].stop()
        await running[number % 2]
        workers[number % 2] = Worker(QUEUES, config)
        running[number % 2] = asyncio.create_task(workers[number % 2].run(handle_signals=False))
    await enqueue_until(1)
    while not await all_done(config):
        assert time.monotonic() < began + seconds + 120, "jobs are left"
        await asyncio.sleep(0.2)
    for worker in workers:
        worker.stop()
    await asyncio.gather(*running)


@pytest.mark.parametrize(
    ("seconds", "breaks"), [(6, 2), pytest.param(600, 30, marks=[pytest.mark.faults, pytest.mark.timeout(1200)])]
)
@on_loop
async def test_nothing_is_lost_and_nothing_grows(server: NatsServer, seconds: float, breaks: int) -> None:
    config = configured(
        server.config,
        nats={"reconnect_time_wait": 0.05, "connect_timeout": 5.0},
        queue={"publish_timeout": 1.0, "publish_attempts": 10, "result_ttl": 30.0, "state_ttl": 60.0},
        worker={"ack_wait": 2.0, "concurrency": CONCURRENCY},
    )
    for name in QUEUES:
        await Queue(name, config).setup()
    jobs.runs.clear()
    producer = Producer(config)
    await soak(config, server, producer, seconds / 4, 1)
    before = await size_of(config)
    await soak(config, server, producer, seconds * 3 / 4, breaks - 1)
    after = await size_of(config)

    runs, expected = Counter(jobs.runs), producer.expected
    lost = sum(runs[key] < times for key, times in expected.items())
    twice = sum(runs[key] > times for key, times in expected.items() if times == 1)
    # A server that dies while a failure is counted may lose that count.
    more_tries = sum(runs[key] - times for key, times in expected.items() if times > 1)
    failed = sum(times == 3 for times in expected.values())
    kept = len(await FailedJobs(config).list(limit=None))
    print(f"\nsoak of {seconds} s, {breaks} kills: {len(expected)} jobs, {lost} lost, {twice} run twice,")
    print(f"{more_tries} more tries, {failed} failed permanently, {kept} of them kept; {before} before, {after} after")
    assert (lost, kept) == (0, failed)
    # At least once: jobs that run when the server is killed may run again.
    assert twice <= breaks * WORKERS * CONCURRENCY
    assert after.sockets <= before.sockets
    assert after.tasks <= before.tasks
    assert after.consumers == before.consumers
    assert after.subscriptions <= before.subscriptions
