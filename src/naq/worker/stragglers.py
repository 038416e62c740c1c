"""Stragglers: job functions that still run after their timeout, because they cannot be cancelled or ignore it.

The worker no longer waits for them, but each uses its slot until it ends, so that a worker never runs more functions
than its concurrency.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from naq.worker.threads import Threads

logger = logging.getLogger(__name__)


class Stragglers:
    """The tasks and threads of one worker for which it no longer waits."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._tasks: set[asyncio.Task[Any]] = set()
        self._changed: Callable[[], None] = _nothing
        threads.on_change = self._tell

    def __repr__(self) -> str:
        return f"<{len(self._tasks)} tasks and {self._threads.abandoned} threads still run>"

    def count(self) -> int:
        """Return the number of stragglers."""
        return len(self._tasks) + self._threads.abandoned

    def watch(self, changed: Callable[[], None]) -> None:
        """Call `changed` whenever the number of stragglers changes."""
        self._changed = changed

    def leave(self, task: "asyncio.Task[Any]") -> None:
        """Add a task for which the worker no longer waits; the loop itself keeps only a weak reference to it."""
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._ended)
            self._tell()

    def forget(self) -> None:
        """Unregister the remaining tasks when the worker ends, as `asyncio.run` would wait for them."""
        for task in self._tasks:
            logger.warning("%s still runs although it was cancelled; the worker ends without it", task.get_name())
            asyncio.tasks._unregister_task(task)
            # The warning about a destroyed pending task would repeat this.
            task._log_destroy_pending = False  # type: ignore[attr-defined]

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        self._tell()

    def _tell(self) -> None:
        self._changed()


def _nothing() -> None:
    return None
