"""Job functions that still run after their timeout because they ignore cancellation; the worker no longer waits.

Each holds its slot until it ends, so that a worker never runs more at once than its concurrency says.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from naq.worker.threads import Threads

logger = logging.getLogger(__name__)


class Stragglers:
    """The tasks and threads of one worker that were left to themselves."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._tasks: set[asyncio.Task[Any]] = set()
        self._changed: Callable[[], None] = _nothing
        threads.on_change = self._tell

    def __repr__(self) -> str:
        return f"<{len(self._tasks)} tasks and {self._threads.abandoned} threads left to themselves>"

    def count(self) -> int:
        """How many there are."""
        return len(self._tasks) + self._threads.abandoned

    def watch(self, changed: Callable[[], None]) -> None:
        """Have `changed` called whenever their number changes."""
        self._changed = changed

    def leave(self, task: "asyncio.Task[Any]") -> None:
        """Leave a task to itself; it is kept until it ends, as the loop itself keeps only a weak reference."""
        if not task.done():
            self._tasks.add(task)
            task.add_done_callback(self._ended)
            self._tell()

    def forget(self) -> None:
        """The worker ends: what is still there must not keep the event loop from ending, as `asyncio.run` waits."""
        for task in self._tasks:
            logger.warning("%s does not end although it was cancelled; it is forgotten", task.get_name())
            asyncio.tasks._unregister_task(task)
            # It is known that it is pending when it is destroyed.
            task._log_destroy_pending = False  # type: ignore[attr-defined]

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        self._tell()

    def _tell(self) -> None:
        self._changed()


def _nothing() -> None:
    return None
