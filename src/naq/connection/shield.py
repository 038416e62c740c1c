"""I/O that a caller's cancellation must not cut: it runs in a task of its own. Knows nothing of connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

logger = logging.getLogger("naq.connection")

T = TypeVar("T")

# The loop itself keeps only weak references to its tasks.
_running: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start *work* in a task that lives until it is done."""
    task = asyncio.get_running_loop().create_task(work)
    if not task.done():
        _running.add(task)
        task.add_done_callback(_running.discard)
    return task


def shielded(work: Coroutine[Any, Any, T]) -> Awaitable[T]:
    """Start *work* now; awaiting gives its result, and a cancellation of the awaiting leaves it running."""
    return _outcome(spawn(work))


class _outcome(Awaitable[T]):
    """May be left unawaited, unlike a coroutine."""

    def __init__(self, task: asyncio.Task[T]) -> None:
        self._task = task

    def __await__(self) -> Any:
        try:
            yield from asyncio.wait({self._task}).__await__()
        except asyncio.CancelledError:
            # Whoever would have been told of its failure has gone.
            self._task.add_done_callback(_note)
            raise
        return self._task.result()


def _note(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.debug("failed, and nobody waits for it any more: %r", task.exception())
