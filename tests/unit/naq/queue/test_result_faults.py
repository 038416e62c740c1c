"""Waiting for a result while the server stalls, dies and comes back."""

from __future__ import annotations

import asyncio
import time

import pytest

from naq.config import Config
from naq.connection import nats_connection
from naq.errors import JobTimeout
from naq.queue.core import Queue
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import on_loop


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
