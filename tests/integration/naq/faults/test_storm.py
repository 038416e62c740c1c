"""Very many concurrent calls of `enqueue` end without an error, and without an API request for each."""

from __future__ import annotations

import asyncio
import time

import pytest

from naq.queue.core import Queue
from naq.testing import NatsServer
from naq_support import jobs
from naq_support.aio import on_loop


@pytest.mark.parametrize("count", [5_000, pytest.param(100_000, marks=[pytest.mark.faults, pytest.mark.timeout(900)])])
@on_loop
async def test_gathered_enqueues_end(count: int) -> None:
    with NatsServer() as server:
        queue = Queue(config=server.config)
        await queue.setup()
        before = server.monitor("jsz")["api"]["total"]
        started = time.monotonic()
        ended = await asyncio.gather(
            *(queue.enqueue(jobs.add, number, 1) for number in range(count)), return_exceptions=True
        )
        spent = time.monotonic() - started
        asked = server.monitor("jsz")["api"]["total"] - before
        raised = sum(isinstance(one, BaseException) for one in ended)
        depth = await queue.depth()
    print(
        f"\n{count} enqueues at once: {spent:.1f} s, {raised} raised, {depth} stored, {asked} questions to the server"
    )
    assert (raised, depth) == (0, count)
    # Requests for the stream's state and, after a try without an answer, for its existence.
    assert asked < 50 + 3 * spent
