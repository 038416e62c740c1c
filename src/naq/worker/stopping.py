"""How a worker is told to stop, and that it does so in time, whatever its jobs and its server do."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from naq.cancellation import cancel_until_ended

logger = logging.getLogger(__name__)

# Seconds beyond `worker.shutdown_timeout` that a worker takes to give back what it has and to end, at most.
REST: Final = 5.0
# Of these, what remains for work that does not end when it should.
LAST: Final = 1.0


class Stop:
    """Whether and how a worker is to stop: a flag beside cancellation, which nats-py may swallow."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.at_once = asyncio.Event()
        # When it was requested, in the loop's time.
        self.since = float("inf")

    def finish(self) -> None:
        """Finish what runs; called again, it changes nothing."""
        if not self.requested.is_set():
            self.request()

    def request(self) -> None:
        """The first time: finish what runs. The second time: stop at once."""
        if self.requested.is_set():
            self.at_once.set()
        else:
            self.since = asyncio.get_running_loop().time()
        self.requested.set()


async def run_bounded(work: Coroutine[Any, Any, None], stop: Stop, limit: float, name: str) -> None:
    """Run `work` until it ends; at most `limit` and `REST` seconds after `stop` was requested, then it is cut off.

    After the second request, or when the caller is cancelled, `REST` seconds are left. Raises what `work` raises.
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
    """Run `work` to its end, or until a stop is requested; returns whether it has ended by itself."""
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
    """Until the task has ended, or its time is over."""
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
    """Cancel the task once, as a second cancellation would cut short what it gives back; after `limit` insist."""
    task.cancel()
    await asyncio.wait((task,), timeout=limit)
    if not task.done():
        logger.error("%s did not end in time; what it had comes again", name)
        await cancel_until_ended((task,), LAST)
    if task.done() and not task.cancelled():
        # Looked at, so that asyncio does not report it as never retrieved.
        task.exception()
