"""Threads for plain functions. Knows nothing of jobs.

They are daemons, unlike those of `concurrent.futures`, so that a function that never returns does not keep the process
from ending. The pool does not wait for a thread whose caller has stopped waiting; another thread replaces it.
"""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeAlias

logger = logging.getLogger(__name__)

Outcome: TypeAlias = "asyncio.Future[Any]"
Work: TypeAlias = tuple[Outcome, Callable[[], Any]]


class Threads:
    """A pool with one thread for each concurrent call, used from one event loop."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._idle: list[_Thread] = []
        self._started = 0
        self._closed = False
        # The number of calls that still run after their caller has stopped waiting.
        self.abandoned = 0
        # Called when `abandoned` changes.
        self.on_change: Callable[[], None] = _nothing

    def __repr__(self) -> str:
        return f"<{self._started} threads, {len(self._idle)} idle>"

    def run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "asyncio.Future[Any]":
        """Call the function in a thread, in a copy of the caller's context; returns a future of its result or error."""
        future: asyncio.Future[Any] = self._loop.create_future()
        future.add_done_callback(self._note_abandoned)
        context = contextvars.copy_context()
        thread = self._idle.pop() if self._idle else self._start()
        thread.work.put((future, lambda: context.run(function, *args, **kwargs)))
        return future

    def close(self) -> None:
        """End the idle threads now, and each busy thread after its call."""
        self._closed = True
        for thread in self._idle:
            thread.work.put(None)
        for thread in self._idle:
            thread.join()
        self._idle.clear()

    def _start(self) -> "_Thread":
        self._started += 1
        thread = _Thread(f"{self._name}-{self._started}", self._report)
        thread.start()
        return thread

    def _report(self, thread: "_Thread", future: Outcome, value: Any, error: BaseException | None) -> None:
        """Pass the result of a call to the event loop. Runs in the thread."""
        try:
            self._loop.call_soon_threadsafe(self._finish, thread, future, value, error)
        except RuntimeError:
            logger.info("%s: the event loop ended before the call", thread.name)
            thread.work.put(None)
        if self._closed:  # the event loop may end before it comes to `_finish`
            thread.work.put(None)

    def _note_abandoned(self, future: Outcome) -> None:
        if future.cancelled():
            self.abandoned += 1
            self.on_change()

    def _finish(self, thread: "_Thread", future: Outcome, value: Any, error: BaseException | None) -> None:
        if self._closed:
            thread.work.put(None)
        else:
            self._idle.append(thread)
        if future.cancelled():
            self.abandoned -= 1
            self.on_change()
            return
        if error is None:
            future.set_result(value)
        elif issubclass(type(error), StopIteration):
            # A future does not accept StopIteration, which would end the awaiting generator. Not `isinstance`: it reads
            # `__class__` of the exception, which may raise.
            future.set_exception(RuntimeError("StopIteration"))
        else:
            future.set_exception(error)


class _Thread(threading.Thread):
    def __init__(self, name: str, report: Callable[..., None]) -> None:
        super().__init__(name=name, daemon=True)
        self.work: SimpleQueue[Work | None] = SimpleQueue()
        self._report = report

    def run(self) -> None:
        while (work := self.work.get()) is not None:
            future, call = work
            value, error = None, None
            try:
                value = call()
            # Every exception of a job is its outcome; SystemExit in a thread would otherwise be lost.
            except BaseException as raised:
                error = raised
            self._report(self, future, value, error)
            # Free the objects of the last call while waiting for the next.
            del work, future, call, value, error


def _nothing() -> None:
    return None
