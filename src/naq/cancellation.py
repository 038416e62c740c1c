"""Cancellation: work that must not be cancelled, tasks that must end, and cancellations that were swallowed.

Knows nothing of connections or jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

# The loop itself keeps only weak references to its tasks.
_running: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
    """Start `work` in a task that is referenced until it ends; returns the task."""
    task = asyncio.get_running_loop().create_task(work)
    if not task.done():
        _running.add(task)
        task.add_done_callback(_running.discard)
    return task


def shielded(work: Coroutine[Any, Any, Result]) -> Awaitable[Result]:
    """Start `work` now and return an awaitable for its result; cancelling the awaiting task leaves `work` running."""
    return _Outcome(spawn(work))


class _Outcome(Awaitable[Result]):
    """The result of a task. Unlike a coroutine, it need not be awaited."""

    def __init__(self, task: asyncio.Task[Result]) -> None:
        self._task = task

    def __await__(self) -> Any:
        try:
            yield from asyncio.wait({self._task}).__await__()
        except asyncio.CancelledError:
            # The caller would have received a failure, but it no longer waits.
            self._task.add_done_callback(_log_failure)
            raise
        return self._task.result()


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.debug("failed after its caller was cancelled: %r", task.exception())


async def finish(work: Coroutine[Any, Any, Result], on_cancel: Callable[[], None] = lambda: None) -> Result:
    """Run `work` to its end, also when the caller is cancelled, and return its result.

    A cancellation in the meantime is raised afterwards; `on_cancel` is called at once, and can make `work` end sooner.
    `work` needs a time limit itself, as nothing interrupts it.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            on_cancel()
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            # Retrieved, so that asyncio does not log it as an exception that was never retrieved.
            task.exception()
        raise cancelled
    return task.result()


async def cancel_until_ended(tasks: Iterable[asyncio.Task[Any]], limit: float, again: float = 0.2) -> None:
    """Cancel tasks every `again` seconds until they have ended, because nats-py sometimes swallows a cancellation.

    A task that has not ended after `limit` seconds is left running.
    """
    left = {task for task in tasks if not task.done()}
    deadline = asyncio.get_running_loop().time() + limit
    while left and asyncio.get_running_loop().time() < deadline:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again)


class Cut:
    """Ends a wait of `ended_within`, now or as soon as it begins."""

    __slots__ = ("_wake", "made")

    def __init__(self) -> None:
        self.made = False
        self._wake: Callable[[], None] | None = None

    def make(self) -> None:
        """End the wait."""
        self.made = True
        if self._wake is not None:
            self._wake()

    def on_made(self, wake: Callable[[], None]) -> None:
        """Have `wake` called when the wait is to end."""
        self._wake = wake


async def ended_within(task: asyncio.Future[Any], seconds: float | None, cut: Cut | None = None) -> bool:
    """Wait for the end of a task, for at most `seconds`, without a limit when None; returns whether it has ended.

    `task` may be another future too.

    A `cut` ends the wait too. A cancellation leaves the task running. `asyncio.wait` does the same for several tasks,
    at twice the cost.
    """
    if task.done() or (cut is not None and cut.made):
        return task.done()
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def wake(*_: object) -> None:
        if not ended.done():
            ended.set_result(None)

    task.add_done_callback(wake)
    if cut is not None:
        cut.on_made(wake)
    timer = None if seconds is None else loop.call_later(seconds, wake)
    try:
        await ended
    finally:
        task.remove_done_callback(wake)
        if timer is not None:
            timer.cancel()
    return task.done()


class Cancellations:
    """Detects a cancellation of the current task that was swallowed after this object was made.

    nats-py swallows a cancellation while it waits for a full buffer, and so does `asyncio.wait_for` before Python 3.12
    when its future is done at the same moment. Call `check` before a long wait.
    """

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._before = self._task.cancelling() if self._task is not None else 0

    def check(self) -> None:
        """Raise CancelledError if the task was cancelled since this object was made."""
        if self._task is not None and self._task.cancelling() > self._before:
            raise asyncio.CancelledError
