"""Enqueue and dequeue are cancelled after each number of steps of the loop: nothing is left, nothing is lost."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from naq.config import Config
from naq.connection import current_pool, nats_connection
from naq.queue.core import Queue
from naq_support import jobs
from naq_support.aio import on_loop

TICKS = 201


async def after(ticks: int, work: Callable[[], Awaitable[Any]]) -> tuple[bool, Any]:
    """Start the work and cancel it after so many steps; returns whether it was cancelled, and its value."""
    task = asyncio.ensure_future(work())
    for _ in range(ticks):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait((task,))
    return (True, None) if task.cancelled() else (False, task.result())


async def left_open(config: Config) -> tuple[int, int]:
    """Return the subscriptions of the shared connection and the tasks, after a moment for those that are ending."""
    async with nats_connection(config) as connection:
        await connection.flush()
        subscriptions = len(connection._subs)
    await asyncio.sleep(0)
    return subscriptions, len(asyncio.all_tasks())


@on_loop
async def test_enqueue_cancelled_at_every_turn(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    await queue.enqueue(jobs.nothing)
    before = await left_open(naq_config)
    cancelled, kept = 0, 1
    for ticks in range(TICKS):
        job = queue.job(jobs.add, ticks, 1)
        was_cancelled, _ = await after(ticks, functools.partial(queue.enqueue, job))
        cancelled += was_cancelled
        assert current_pool().leases == 0
        # Enqueued again, the job is stored once, whether or not the first message arrived.
        await queue.enqueue(job)
        kept += 1
        assert await queue.depth() == kept
    assert await left_open(naq_config) == before
    print(f"\nenqueue cancelled at {TICKS} turns: {cancelled} times before it was done, nothing left")
    assert 0 < cancelled < TICKS


@on_loop
async def test_dequeue_cancelled_at_every_turn(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    await queue.enqueue(jobs.nothing)
    await queue.dequeue()
    before = await left_open(naq_config)
    cancelled = 0
    for ticks in range(TICKS):
        job = await queue.enqueue(jobs.add, ticks, 1)
        was_cancelled, value = await after(ticks, lambda: queue.dequeue(timeout=5))
        cancelled += was_cancelled
        assert current_pool().leases == 0
        if was_cancelled:
            # Given back at once, before the ack wait, which is 30 s here.
            value = await queue.dequeue(timeout=5)
        assert value == job, f"after {ticks} turns"
        assert await queue.depth() == 0
    assert await left_open(naq_config) == before
    print(f"\ndequeue cancelled at {TICKS} turns: {cancelled} times before it was done, nothing left, nothing lost")
    assert 0 < cancelled < TICKS


@on_loop
async def test_receive_cancelled_at_every_turn(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    await queue.enqueue(jobs.nothing)
    await queue.dequeue()
    before = await left_open(naq_config)
    done: list[Any] = []

    async def work() -> None:
        async with queue.receive(timeout=5) as job:
            await asyncio.sleep(0)
            done.append(job)

    for ticks in range(0, TICKS, 3):
        job = await queue.enqueue(jobs.add, ticks, 1)
        done.clear()
        was_cancelled, _ = await after(ticks, work)
        assert current_pool().leases == 0
        if was_cancelled and await queue.depth():
            assert await queue.dequeue(timeout=5) == job
        else:
            assert done == [job]
        assert await queue.depth() == 0
    assert await left_open(naq_config) == before


@on_loop
async def test_waiting_for_a_result_cancelled_at_every_turn(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    job = await queue.enqueue(jobs.nothing)
    before = await left_open(naq_config)
    for ticks in range(0, TICKS, 3):
        assert (await after(ticks, lambda: queue.result(job, timeout=5)))[0]
        assert current_pool().leases == 0
    assert await left_open(naq_config) == before
