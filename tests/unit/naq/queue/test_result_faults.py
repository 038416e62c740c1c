"""Waiting for a result while the server stalls, dies and comes back."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from naq.config import Config
from naq.connection import nats_connection
from naq.errors import JobTimeout
from naq.queue import results
from naq.queue.core import Queue
from naq.records import JobResult
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop


async def done_job(config: Config) -> tuple[Queue, str]:
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.add, 1, 1)
    await Worker(config=config, burst=True).run()
    return queue, job.id


@on_loop
async def test_a_stall_ends_the_wait_in_time() -> None:
    with NatsServer() as server:
        queue, job_id = await done_job(server.config)
        async with nats_connection(server.config):
            server.suspend()
            start = time.monotonic()
            try:
                with pytest.raises(JobTimeout):
                    await queue.result(job_id, timeout=1)
            finally:
                server.resume()
            assert time.monotonic() - start < 4


@pytest.mark.parametrize("how", ["stall", "restart"])
@on_loop
async def test_an_outage_is_waited_out(how: str) -> None:
    with NatsServer() as server:
        queue, job_id = await done_job(server.config)
        async with nats_connection(server.config):
            if how == "stall":
                server.suspend()
                asyncio.get_running_loop().call_later(6, server.resume)
            else:
                await asyncio.to_thread(server.kill)
                asyncio.get_running_loop().call_later(1, server.start)
            assert await queue.result(job_id, timeout=30) == 2


@on_loop
async def test_a_result_that_is_kept_for_a_moment_is_seen_though_its_message_comes_first(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server delivers a message to its subscribers before the bucket has it; here three reads find nothing."""
    config = configured(naq_config, queue={"result_ttl": 1.0, "state_ttl": 1.0})
    read = results._look
    reads = 0

    async def late(*args: Any) -> JobResult | None:
        nonlocal reads
        reads += 1
        return None if reads <= 3 else await read(*args)

    monkeypatch.setattr(results, "_look", late)
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.add, 1, 1)
    waiting = asyncio.create_task(queue.result(job, timeout=5))
    await asyncio.sleep(0.1)
    await Worker(config=config, burst=True).run()
    assert await waiting == 2
    assert reads >= 4
