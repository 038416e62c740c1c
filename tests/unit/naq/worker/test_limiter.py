"""Limits of queues and functions with real workers: never more at once, nothing counted, nothing in the way of others."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.job import Job
from naq.limits import Limits
from naq.queue.core import Queue
from naq.queue.limit_store import LimitStore
from naq.queue.pipeline import pipeline_of
from naq.queue.streams import names
from naq.tasks import LIMITED_TASKS
from naq.worker.core import Worker
from naq.worker.kept_limit import Waiting
from naq.worker.limit_entry import Entry
from naq.worker.limiter import Limiter
from naq.worker.places import Places
from naq.worker.rates import ServerClock
from naq.worker.settlement import OverLimit
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@pytest.fixture
def forgotten_limits() -> Iterator[None]:
    """Forget the limits that a test registers: each later worker of the process would look for their stream."""
    yield
    LIMITED_TASKS.clear()


def limited(config: Config, **limits: Any) -> Config:
    return configured(config, limits=limits, worker={"modules": "naq_support"})


@contextlib.asynccontextmanager
async def workers(config: Config, number: int, *queues: str, concurrency: int = 4) -> AsyncIterator[list[Worker]]:
    made = [Worker(queues or ("default",), config, concurrency) for _ in range(number)]
    tasks = [asyncio.create_task(worker.run()) for worker in made]
    try:
        yield made
    finally:
        for worker in made:
            worker.stop()
        await asyncio.gather(*tasks)


KINDS = [
    pytest.param({"functions": ["naq_support.jobs:run_at_once=3"]}, jobs.run_at_once, id="function"),
    pytest.param({"queues": ["default=3"]}, jobs.run_at_once, id="queue"),
    pytest.param({"functions": ["naq_support.jobs:block_at_once=3"]}, jobs.block_at_once, id="thread"),
]


@pytest.mark.parametrize(("limits", "function"), KINDS)
@on_loop
async def test_a_limit_of_three_under_five_workers_is_never_exceeded(
    naq_config: Config, request: pytest.FixtureRequest, limits: dict[str, list[str]], function: Callable[..., Any]
) -> None:
    config, key = limited(naq_config, **limits), request.node.name
    queue = Queue(config=config)
    enqueued = await queue.enqueue_batch([queue.job(function, key, 0.02) for _ in range(60)])
    async with workers(config, 5) as running:
        for job in enqueued.stored:
            await queue.result(job, 60)
        counts = [worker.counts for worker in running]
    assert (jobs.at_once.all[key], jobs.at_once.most[key]) == (60, 3)
    assert sum(one.succeeded for one in counts) == 60
    assert sum(one.failed + one.retried + one.waited for one in counts) == 0
    await until(lambda: _free(config))


async def _free(config: Config) -> bool:
    """Whether no place of a limit is held."""
    async with nats_jetstream(config) as (_, js):
        return (await js.stream_info(names(config).limits)).state.messages == 0


@on_loop
async def test_jobs_over_a_limit_do_not_block_others_of_their_worker(naq_config: Config) -> None:
    config, gate = limited(naq_config, functions="naq_support.jobs:pass_gate=1"), jobs.gate("limited")
    queue = Queue(config=config)
    held = [await queue.enqueue(jobs.pass_gate, "limited") for _ in range(10)]
    others = [await queue.enqueue(jobs.add, number, 1) for number in range(20)]
    async with workers(config, 1, concurrency=2):
        assert [await queue.result(job, 30) for job in others] == list(range(1, 21))
        gate.set()
        begun = time.monotonic()
        assert [await queue.result(job, 30) for job in held] == ["through"] * 10
        # Handed on from job to job, not after the delays with which they were given back.
        assert time.monotonic() - begun < 20


@on_loop
async def test_few_deliveries_while_a_queue_waits_at_its_limit(naq_config: Config) -> None:
    config, gate = limited(naq_config, queues="default=1"), jobs.gate("queued")
    queue = Queue(config=config)
    await queue.enqueue_batch([queue.job(jobs.pass_gate, "queued") for _ in range(300)])
    async with workers(config, 2):
        await asyncio.sleep(1.0)
        async with nats_jetstream(config) as (_, js):
            info = await js.consumer_info(names(config).jobs, queue.consumer_name)
        assert info.delivered is not None
        # One runs, and each worker has tried those of its first requests, a few times.
        assert info.delivered.consumer_seq < 150
        gate.set()
        await queue.purge()


@on_loop
async def test_a_place_is_held_until_a_function_beyond_its_timeout_has_ended(naq_config: Config) -> None:
    config = limited(naq_config, functions="naq_support.jobs:block_at_once=1")
    queue = Queue(config=config)
    await queue.options(timeout=0.1).enqueue(jobs.block_at_once, "straggler", 0.8)
    job = await queue.enqueue(jobs.block_at_once, "straggler")
    async with workers(config, 2):
        await queue.result(job, 30)
    assert jobs.at_once.most["straggler"] == 1


@on_loop
async def test_a_failure_frees_its_place_and_is_counted_as_ever(naq_config: Config) -> None:
    config = limited(naq_config, functions="naq_support.jobs:fail_at_first=1")
    queue = Queue(config=config).options(max_retries=2, retry_delay=0.01)
    first = await queue.enqueue(jobs.fail_at_first, "limited 1", 2)
    second = await queue.enqueue(jobs.fail_at_first, "limited 2", 2)
    async with workers(config, 2) as running:
        assert await queue.result(first, 30) == 3
        assert await queue.result(second, 30) == 3
    assert sum(worker.counts.retried for worker in running) == 4
    await until(lambda: _free(config))


@on_loop
async def test_a_rate_is_kept_over_all_workers(naq_config: Config) -> None:
    config = limited(naq_config, functions="naq_support.jobs:run_at_once=2/s")
    queue = Queue(config=config)
    enqueued = await queue.enqueue_batch([queue.job(jobs.run_at_once, "rate") for _ in range(5)])
    begun = time.monotonic()
    async with workers(config, 3) as running:
        for job in enqueued.stored:
            await queue.result(job, 60)
        # Five starts with two in any second need two seconds.
        assert time.monotonic() - begun >= 2.0
        assert sum(worker.counts.succeeded for worker in running) == 5
        assert sum(worker.counts.retried + worker.counts.failed + worker.counts.waited for worker in running) == 0


@pytest.mark.usefixtures("forgotten_limits")
@on_loop
async def test_a_task_names_its_limit_itself(naq_config: Config) -> None:
    """Its module is imported by the first job only, and by several at the same time."""
    config = configured(naq_config, worker={"modules": "naq_support"})
    queue = Queue(config=config)
    enqueued = await queue.enqueue_batch([queue.job("naq_support.limited_tasks:one", "task") for _ in range(10)])
    async with workers(config, 3):
        for job in enqueued.stored:
            await queue.result(job, 30)
    assert (jobs.at_once.all["task"], jobs.at_once.most["task"]) == (10, 1)


@on_loop
async def test_a_place_is_freed_by_the_server_when_its_worker_is_gone(naq_config: Config) -> None:
    async with nats_jetstream(naq_config) as (connection, js):
        store = LimitStore(connection, js, await pipeline_of(connection), naq_config)
        dead, alive = Places(store, "q.x", 2, 1, "dead"), Places(store, "q.x", 2, 1, "alive")
        one, two = await dead.take("1"), await dead.take("2")
        assert one is not None
        assert two is not None
        assert await alive.take("3") is None
        taken = await until(lambda: alive.take("3"))
        # The dead one wakes up: it frees nothing that is not its own, and takes nothing back that another has.
        await alive.renew()
        await dead.renew()
        await dead.free(one)
        await dead.free(two)
        assert (one.lost, two.lost) == (True, True)
        assert not taken.lost
        assert {one.number, two.number} == {0, 1}
        held = await store.read(f"q.x.at.{taken.number}")
        assert held is not None
        assert held.data == taken.data


@on_loop
async def test_workers_with_different_limits_hold_no_more_than_the_larger(naq_config: Config) -> None:
    async with nats_jetstream(naq_config) as (connection, js):
        store = LimitStore(connection, js, await pipeline_of(connection), naq_config)
        large, small = Places(store, "q.y", 20, 60, "large"), Places(store, "q.y", 2, 60, "small")
        lower = [await small.take("a"), await small.take("b")]
        assert {place.number for place in lower if place is not None} == {0, 1}
        assert await small.take("c") is None
        upper = [await large.take(str(number)) for number in range(18)]
        assert {place.number for place in upper if place is not None} == set(range(2, 20))
        assert await large.take("more") is None
        assert lower[0] is not None
        await small.free(lower[0])
        assert await large.take("more") is not None
        assert await small.take("c") is None


@on_loop
async def test_a_renewal_without_an_answer_is_found_again(naq_config: Config) -> None:
    async with nats_jetstream(naq_config) as (connection, js):
        store = LimitStore(connection, js, await pipeline_of(connection), naq_config)
        places = Places(store, "q.z", 1, 60, "w")
        place = await places.take("1")
        assert place is not None
        known = place.seq
        await places.renew()
        assert place.seq > known
        # As if the last answer had been lost.
        place.seq = known
        await places.renew()
        assert not place.lost
        await places.free(place)
        assert await places.take("2") is not None


@on_loop
async def test_the_time_of_rates_is_the_servers(naq_config: Config) -> None:
    """Not the event loop's, and not the date of this machine, which may be wrong."""
    async with nats_jetstream(naq_config) as (connection, js):
        store = LimitStore(connection, js, await pipeline_of(connection), naq_config)
        await store.make()
        clock = ServerClock(store)
        assert abs(await clock.now() - await store.now()) < 10
        assert await clock.now() <= await clock.now()


def test_waiting_messages_are_woken_in_their_order_the_high_ones_first() -> None:
    waiting = Waiting()
    for number, level in enumerate(("low", "normal", "high", "normal", "high")):
        waiting.add(f"{level} {number}", 100.0 + number, level)  # type: ignore[arg-type]
    waiting.add("overdue", 1.0, "high")
    assert len(waiting) == 6
    assert [waiting.next(50.0) for _ in range(6)] == ["high 2", "high 4", "normal 1", "normal 3", "low 0", None]


@on_loop
async def test_a_job_that_waits_at_a_limit_can_be_cancelled(naq_config: Config) -> None:
    config, gate = limited(naq_config, functions="naq_support.jobs:pass_gate=1"), jobs.gate("cancelled")
    queue = Queue(config=config)
    first = await queue.enqueue(jobs.pass_gate, "cancelled")
    async with workers(config, 1):
        await until(lambda: _has_state(first, "running"))
        waiting = await queue.enqueue(jobs.pass_gate, "cancelled")
        await until(lambda: _given_back(config))
        assert (await waiting.cancel()).answer == "cancelled"
        await until(lambda: _has_state(waiting, "cancelled"))
        gate.set()
        assert await queue.result(first, 30) == "through"
        await until(lambda: _depth(queue, 0))


async def _has_state(job: Job[Any], state: str) -> bool:
    return (await job.status()).state == state


async def _given_back(config: Config) -> bool:
    async with nats_jetstream(config) as (_, js):
        info = await js.consumer_info(names(config).jobs, names(config).consumer("default"))
    return info.num_ack_pending == 2


async def _depth(queue: Queue, count: int) -> bool:
    return await queue.depth() == count


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages over a limit are given back for longer than a test takes: only a worker can wake them."""
    monkeypatch.setattr("naq.worker.limiter.FIRST_DELAY", 300.0)
    monkeypatch.setattr("naq.worker.limiter.LONGEST_DELAY", 300.0)


@pytest.mark.usefixtures("patient")
@on_loop
async def test_a_free_place_is_handed_to_a_job_that_waits_in_another_worker(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("naq.worker.limiter.LOOK_EVERY", 300.0)
    config, gate = limited(naq_config, functions="naq_support.jobs:pass_gate=1"), jobs.gate("handed on")
    queue = Queue(config=config)
    config = configured(config, worker={"modules": "naq_support", "prefetch": 0})
    # Each worker has one slot, so that one of them runs the first job and the other gives the second back.
    async with workers(config, 2, concurrency=1) as running:
        first = await queue.enqueue(jobs.pass_gate, "handed on")
        await until(lambda: sum(worker.status().running for worker in running) == 1)
        waiting = await queue.enqueue(jobs.pass_gate, "handed on")
        await until(lambda: _given_back(config))
        await asyncio.sleep(0.2)
        gate.set()
        assert [await queue.result(job, 30) for job in (first, waiting)] == ["through"] * 2


@pytest.mark.usefixtures("patient")
@on_loop
async def test_the_place_of_a_dead_worker_is_found_free(naq_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("naq.worker.limiter.LOOK_EVERY", 0.5)
    config = limited(naq_config, functions="naq_support.jobs:add=1")
    queue = Queue(config=config)
    async with nats_jetstream(config) as (connection, js):
        store = LimitStore(connection, js, await pipeline_of(connection), config)
        assert await Places(store, "f.naq_support.jobs/add", 1, 2, "dead").take("1") is not None
    job = await queue.enqueue(jobs.add, 1, 1)
    async with workers(config, 1):
        assert await queue.result(job, 30) == 2


@on_loop
async def test_after_an_outage_holders_renew_before_others_take_places(naq_config: Config) -> None:
    config = limited(naq_config, functions="naq_support.jobs:add=1")
    async with nats_jetstream(config) as (connection, js):
        store = LimitStore(connection, js, await pipeline_of(connection), config)
        await store.make()
        limiter = Limiter(store, Limits(config), config, "w", lambda: None)
        concerned = limiter.concern("default", "naq_support.jobs:add")
        entry = await limiter.enter(concerned, "1", 1)
        assert isinstance(entry, Entry)
        entry.leave()
        await limiter.close()
        connection.stats["reconnects"] += 1
        over = await limiter.enter(concerned, "2", 1)
        assert isinstance(over, OverLimit)
        assert over.delay >= limiter.ttl / 3 - 0.5
        assert await store.keys(">") == []
