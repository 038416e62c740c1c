"""The context of a running job, and writing the progress that it reports.

The last report wins, and at most one is written per second. Nothing is done for a job that reports none. Knows no
server: `write` stores one report.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import nats.errors

from naq.cancellation import cancel_until_ended
from naq.job import Job
from naq.job_context import JobContext, Report
from naq.worker.settlement import NOTHING_BEFORE, Tally

logger = logging.getLogger(__name__)

# Seconds between two writes of the progress of one job.
INTERVAL: Final = 1.0
# Seconds for a write to end before the job is settled.
ENDING: Final = 3.0


def context_of(
    job: Job, queue: str, worker: str, tally: Tally = NOTHING_BEFORE, report: Report | None = None
) -> JobContext:
    """Return the context of a run that starts now; `tally` counts the earlier runs, `report` takes the progress."""
    timeout = job.options.timeout
    return JobContext(
        id=job.id,
        queue=queue,
        function=job.function,
        attempt=1 + tally.failures + tally.lost,
        enqueued_at=job.enqueued_at,
        worker=worker,
        deadline=None if timeout is None else time.monotonic() + timeout,
        report=report or _no_report,
    )


def _no_report(fraction: float, text: str) -> None:
    return None


class ProgressReports:
    """The reports of one run of a job."""

    # On the class, as most runs report nothing.
    _latest: tuple[float, str] | None = None
    _noted = False
    _ended = False
    _last = float("-inf")
    _timer: asyncio.TimerHandle | None = None
    _writing: asyncio.Task[None] | None = None

    def __init__(self, loop: asyncio.AbstractEventLoop, write: Callable[[float, str], Awaitable[None]]) -> None:
        self._loop = loop
        self._write = write

    @property
    def used(self) -> bool:
        """Whether anything was reported."""
        return self._latest is not None

    def note(self, fraction: float, text: str) -> None:
        """Note a report; may be called in any thread, and returns at once."""
        self._latest = (fraction, text)
        if not self._noted and not self._ended:
            self._noted = True
            try:
                self._loop.call_soon_threadsafe(self._plan)
            except RuntimeError:
                # There is no reader for a thread that outlives its worker.
                self._ended = True

    async def end(self) -> None:
        """Write no more, and wait until a write that has begun is over."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        if self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing}, timeout=ENDING)
            await cancel_until_ended((self._writing,), ENDING)

    def _plan(self) -> None:
        if self._ended or self._timer is not None:
            return
        self._timer = self._loop.call_at(max(self._last + INTERVAL, self._loop.time()), self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._ended:
            return
        if self._writing is not None and not self._writing.done():
            # The server is slow; the last report is written after its answer.
            self._writing.add_done_callback(lambda _: self._plan())
            return
        self._last = self._loop.time()
        self._noted = False
        self._writing = self._loop.create_task(self._write_latest(), name="naq progress")

    async def _write_latest(self) -> None:
        if self._latest is None:
            return
        try:
            await self._write(*self._latest)
        except (nats.errors.Error, OSError) as error:
            logger.debug("a progress is not written: %r", error)
