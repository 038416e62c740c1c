"""A worker that is cancelled after each number of steps of the loop gives its jobs back and leaves nothing."""

from __future__ import annotations

import asyncio

from naq.config import Config
from naq.connection import current_pool, nats_connection
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import on_loop

TICKS = 200


@on_loop
async def test_worker_cancelled_at_every_turn(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    jobs.runs.clear()
    await queue.enqueue(jobs.count, "first")
    await Worker(config=naq_config, burst=True).run(handle_signals=False)
    async with nats_connection(naq_config) as connection:
        before = len(connection._subs)
    for ticks in range(0, TICKS, 4):
        job = await queue.enqueue(jobs.count, f"tick{ticks}")
        worker = Worker(config=naq_config)
        task = asyncio.create_task(worker.run(handle_signals=False))
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()
        assert current_pool().leases == 0
        async with nats_connection(naq_config) as connection:
            await connection.flush()
            assert len(connection._subs) == before
        # A fetched job is given back at once: the ack wait is 30 s here.
        assert (await Worker(config=naq_config, burst=True).run(handle_signals=False)).failed == 0
        assert await queue.result(job) >= 1
    print(f"\nworker cancelled at {TICKS // 4} turns: {len(jobs.runs) - 1} jobs done, nothing left")
    assert len(jobs.runs) == TICKS // 4 + 1
