"""The right of a job to run under its limits, held until its function has ended."""

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import Any

from naq.worker.kept_limit import Taken


class Entry:
    """The right of one job to run under its limits. `leave` gives it back, once the function has ended too."""

    def __init__(self, taken: list[Taken], give_back: Callable[[list[Taken]], None]) -> None:
        self._taken = taken
        self._give_back = give_back
        self._loop = asyncio.get_running_loop()
        self._running = 0
        self._left = False

    def leave(self) -> None:
        """Note that the job is settled."""
        self._left = True
        self._check()

    def begin(self) -> None:
        """Note that the function begins; may be called in any thread."""
        self._running += 1

    def end(self) -> None:
        """Note that the function has ended, perhaps after its timeout; may be called in any thread."""
        self._running -= 1
        try:
            self._loop.call_soon_threadsafe(self._check)
        except RuntimeError:
            # The worker has ended; its places expire.
            return

    def _check(self) -> None:
        if self._left and not self._running and self._taken:
            taken, self._taken = self._taken, []
            self._give_back(taken)


def held(function: Callable[..., Any], entry: Entry | None) -> Callable[..., Any]:
    """Return the function, which keeps its place until it has ended, even if no caller waits for it any more."""
    if entry is None:
        return function
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            entry.begin()
            try:
                return await function(*args, **kwargs)
            finally:
                entry.end()

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        entry.begin()
        try:
            return function(*args, **kwargs)
        finally:
            entry.end()

    return called
