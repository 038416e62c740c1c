"""The event loop in a background thread on which the calls of `naq.sync` run, one for each process.

It starts with the first call, and ends with the process: connections are closed then, within `CLOSING` seconds. A
forked child starts another. Knows no queues.
"""

import asyncio
import atexit
import functools
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, Final, ParamSpec, TypeVar

from naq.errors import CallCancelled, InsideEventLoop

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Seconds for connections to close when the process ends.
CLOSING: Final = 3.0


class Background:
    """An event loop that runs in a daemon thread."""

    def __init__(self) -> None:
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="naq.sync", daemon=True)

    def start(self) -> asyncio.AbstractEventLoop:
        """Start the thread and return its loop once that runs."""
        self._thread.start()
        self._started.wait()
        assert self._loop is not None, "set before the event"
        return self._loop

    def stop(self, seconds: float) -> None:
        """Cancel what runs, close the connections, and wait at most so many seconds for that."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(seconds)

    def _run(self) -> None:
        # Closes the leased connections at its end, as it shuts down the asynchronous generators.
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started.set()
        await self._stop.wait()


class _Process:
    """The background of this process."""

    def __init__(self) -> None:
        # Held while a call is handed to the loop, so that the loop cannot end before it has begun the call. A signal
        # handler may make another call meanwhile.
        self._lock = threading.RLock()
        # Whether the process ends, so that a thread that still waits ends too, in silence.
        self.ends = False
        self._background: Background | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self, function: Callable[[], Coroutine[Any, Any, Result]], future: "Future[Result]") -> None:
        """Begin a coroutine function on the loop, which the first call starts, unless `future` is cancelled before.

        The future gets the result; cancelling it cancels the function.
        """
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                self._background = Background()
                self._loop = self._background.start()
            self._loop.call_soon_threadsafe(_begin, function, future)

    def close(self) -> None:
        """End the loop; a later call starts another."""
        with self._lock:
            background, self._background, self._loop = self._background, None, None
        if background is not None:
            background.stop(CLOSING)


def _begin(function: Callable[[], Coroutine[Any, Any, Result]], future: "Future[Result]") -> None:
    if future.cancelled():
        return
    loop = asyncio.get_running_loop()
    task = loop.create_task(function())

    def on_end(ended: "asyncio.Task[Result]") -> None:
        error = None if ended.cancelled() else ended.exception()
        if ended.cancelled():
            future.cancel()
        if not future.set_running_or_notify_cancel():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(ended.result())

    def on_cancel(cancelled: "Future[Result]") -> None:
        # A loop that is closed has cancelled its tasks.
        if cancelled.cancelled() and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    task.add_done_callback(on_end)
    future.add_done_callback(on_cancel)


_process = _Process()
# What a forked child has of its parent: a loop that is garbage-collected would remove the parent's descriptors from the
# selector that both share.
_inherited: list[_Process] = []


def _after_fork_in_child() -> None:
    global _process
    _inherited.append(_process)
    _process = _Process()


def close() -> None:
    """Close the connections of `naq.sync`, within `CLOSING` seconds; a later call opens others.

    Calls that wait in other threads raise `CallCancelled`. The end of the process calls this, too.
    """
    _process.close()


def _at_exit() -> None:
    _process.ends = True
    _process.close()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def call(
    function: Callable[Parameters, Coroutine[Any, Any, Result]], /, *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Run a coroutine function on the background loop, wait for it, and return its result.

    It is cancelled when the waiting thread is interrupted, by Ctrl-C for example. Raises `InsideEventLoop` in a thread
    that runs an event loop, which the call would block, `CallCancelled`, and the exceptions of the function.
    """
    name = getattr(function, "__qualname__", repr(function))
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise InsideEventLoop(name)
    # Made first, so that an interrupt at any later moment cancels the function.
    future: Future[Result] = Future()
    # An interrupt may come when this thread has just entered the condition of the future. The condition would stay
    # locked, and the loop could not go on. To wait for a plain lock is one step of the interpreter.
    ended = threading.Lock()
    ended.acquire()
    future.add_done_callback(lambda _: ended.release())
    try:
        _process.begin(functools.partial(function, *args, **kwargs), future)
        ended.acquire()
        return future.result()
    except CancelledError:
        if _process.ends:
            raise SystemExit from None
        raise CallCancelled(f"{name} was cancelled, as naq.sync was closed while it waited") from None
    except BaseException:
        # Does nothing to a function that has ended.
        future.cancel()
        raise
