"""Requesting a worker to stop, and limiting the time that it takes, also when its jobs or its server block."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any, Final

from naq.cancellation import cancel_until_ended

logger = logging.getLogger(__name__)

# Longest time in seconds after `worker.shutdown_timeout` for a worker to give its jobs back and to end.
REST: Final = 5.0
# The part of `REST` that is left for work that does not end when it should.
LAST: Final = 1.0


class Stop:
    """Whether and how a worker must stop: a flag in addition to cancellation, which nats-py may swallow."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.at_once = asyncio.Event()
        # The loop's time of the first request.
        self.since = float("inf")

    def finish(self) -> None:
        """Request that running jobs finish; a second call has no effect."""
        if not self.requested.is_set():
            self.request()

    def request(self) -> None:
        """Request that running jobs finish; a second call requests to stop at once."""
        if self.requested.is_set():
            self.at_once.set()
        else:
            self.since = asyncio.get_running_loop().time()
        self.requested.set()

    async def wait(self, seconds: float) -> None:
        """Wait until a stop is requested, at most so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.requested.wait()


async def run_bounded(work: Coroutine[Any, Any, None], stop: Stop, limit: float, name: str) -> None:
    """Run `work` until it ends, at most until `limit` plus `REST` seconds after a stop was requested; then cancel it.

    After a second request, or when the caller is cancelled, `REST` seconds are left. Raises what `work` raises.
    """
    task = asyncio.ensure_future(work)
    task.set_name(f"naq {name}")
    try:
        await _wait(task, stop, limit)
    except asyncio.CancelledError:
        await _end(task, REST, name)
        raise
    if not task.done():
        await _end(task, LAST, name)
        return
    task.result()


async def unless_stopped(work: Coroutine[Any, Any, None], stop: Stop) -> bool:
    """Run `work` until it ends or a stop is requested; returns whether it has ended. Raises what `work` raises."""
    task, requested = asyncio.ensure_future(work), asyncio.ensure_future(stop.requested.wait())
    try:
        await asyncio.wait((task, requested), return_when=asyncio.FIRST_COMPLETED)
        ended = task.done()
    finally:
        requested.cancel()
        await cancel_until_ended((task,), LAST)
    if ended:
        task.result()
    return ended


async def _wait(task: "asyncio.Task[None]", stop: Stop, limit: float) -> None:
    """Wait until the task has ended, or its time is over."""
    for event, seconds in ((stop.requested, None), (stop.at_once, limit + REST - LAST), (None, REST - LAST)):
        if event is None:
            await asyncio.wait((task,), timeout=seconds)
            return
        happened = asyncio.ensure_future(event.wait())
        try:
            done, _ = await asyncio.wait((task, happened), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            happened.cancel()
        if task in done or not done:
            return


async def _end(task: "asyncio.Task[None]", limit: float, name: str) -> None:
    """Cancel the task once, as a second cancellation would stop it from giving jobs back; after `limit`, repeat."""
    task.cancel()
    await asyncio.wait((task,), timeout=limit)
    if not task.done():
        logger.error("%s did not end in time; its jobs will be delivered again", name)
        await cancel_until_ended((task,), LAST)
    if task.done() and not task.cancelled():
        # Retrieved, so that asyncio does not log it as an exception that was never retrieved.
        task.exception()
