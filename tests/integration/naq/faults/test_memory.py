"""A worker does not grow with the jobs that it has done."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc

import pytest

from naq.config import Config
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import on_loop, until_at_least

FIRST = 1_000


@pytest.mark.parametrize("most", [4_000, pytest.param(100_000, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
@on_loop
async def test_a_worker_stays_as_small_as_it_was(naq_config: Config, most: int) -> None:
    queue = Queue(config=naq_config).options(result_ttl=1)
    worker = Worker(config=naq_config)
    running = asyncio.create_task(worker.run())
    sizes = {}
    done = 0
    tracemalloc.start()
    try:
        for goal in (FIRST, most):
            while done < goal:
                batch = [queue.job(jobs.nothing_async) for _ in range(FIRST)]
                (await enqueue_batch(batch, naq_config)).raise_for_failures()
                done += FIRST
                await until_at_least(lambda: worker.counts.succeeded, done)
            del batch
            gc.collect()
            sizes[goal] = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    worker.stop()
    await running
    grown = sizes[most] - sizes[FIRST]
    print(f"\nworker: {sizes[FIRST] / 1e3:.0f} kB in use after {FIRST} jobs, {grown / 1e3:+.0f} kB after {most}")
    # The noise of interned strings and caches, and 8 bytes for each of the last 10,000 jobs enqueued here, 80 kB at the
    # most; an object left for each job would be far more.
    assert grown < 200_000
