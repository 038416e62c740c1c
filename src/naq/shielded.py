"""Cancellation: finishing what must be finished in spite of it, and noticing it where it was swallowed."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` to its end, whatever happens to the caller; a cancellation in the meantime is raised afterwards.

    The work must be bounded by itself: nobody can cut it short.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            # Looked at, so that asyncio does not report it as never retrieved.
            task.exception()
        raise cancelled
    return task.result()


async def cancel_until_ended(tasks: Iterable["asyncio.Task[Any]"], limit: float, again: float = 0.2) -> None:
    """Cancel tasks until they have ended, every `again` seconds anew: nats-py swallows a cancellation now and then.

    What has not ended after `limit` seconds is left to itself.
    """
    left = {task for task in tasks if not task.done()}
    deadline = asyncio.get_running_loop().time() + limit
    while left and asyncio.get_running_loop().time() < deadline:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again)


class Cancellations:
    """Notices a cancellation that somebody swallowed after this was made.

    nats-py does so while it waits for a full buffer, and `asyncio.wait_for` before Python 3.12 when what it waited for
    is done at the same moment. Before a long wait, `check` raises what was swallowed.
    """

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._before = self._task.cancelling() if self._task is not None else 0

    def check(self) -> None:
        """Raise CancelledError if the task has been cancelled meanwhile."""
        if self._task is not None and self._task.cancelling() > self._before:
            raise asyncio.CancelledError
