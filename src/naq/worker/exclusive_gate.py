"""Who may run beside whom in one worker. Knows no jobs.

A job whose last run never ended may be the reason: it runs alone, so that it takes nothing else along when it ends its
worker once more.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeAlias

Leave: TypeAlias = Callable[[], None]


class GateClosed(Exception):
    """Something runs alone, or waits to; raised to what would have had to wait for longer than it may."""


class Gate:
    """Lets runs in beside each other, or one alone. Used from one event loop."""

    def __init__(self) -> None:
        self._inside = 0
        self._waiting = 0
        self._alone = 0
        self._changed = asyncio.Event()
        # Whether something runs alone, or waits for the others to end; looked at for each message.
        self.closed = False

    def __repr__(self) -> str:
        return f"<{self._inside} beside each other, {self._alone} alone, {self._waiting} wait to be alone>"

    async def beside(self, limit: float) -> Leave:
        """Come in beside others; returns what to call at the end.

        Raises `GateClosed` when something else runs alone for all of `limit` seconds.
        """
        if self.closed:
            await self._until_open(limit)
        self._inside += 1
        return self._leave

    async def alone(self, limit: float | None) -> Leave:
        """Come in when nothing else is inside, and keep all others out; returns what to call at the end.

        With a `limit`, the others are waited for, and kept out afterwards, for so many seconds each; then all run
        beside each other, as one long job must not hold up a worker without limit on a mere suspicion.
        """
        await self._until_alone(limit)
        self._alone += 1
        self._judge()
        self._inside += 1
        let_in = contextlib.ExitStack()
        let_in.callback(self._let_in)
        timer = None if limit is None else asyncio.get_running_loop().call_later(limit, let_in.close)

        def leave() -> None:
            if timer is not None:
                timer.cancel()
            let_in.close()
            self._leave()

        return leave

    def _leave(self) -> None:
        self._inside -= 1
        if self._waiting:
            self._tell()

    async def _until_open(self, limit: float) -> None:
        try:
            async with asyncio.timeout(limit):
                while self.closed:
                    await self._changed.wait()
        except TimeoutError:
            raise GateClosed from None

    async def _until_alone(self, limit: float | None) -> None:
        self._waiting += 1
        self._judge()
        try:
            async with asyncio.timeout(limit):
                while self._inside or self._alone:
                    await self._changed.wait()
        except TimeoutError:
            return
        finally:
            self._waiting -= 1
            self._judge()

    def _let_in(self) -> None:
        self._alone -= 1
        self._judge()
        self._tell()

    def _judge(self) -> None:
        self.closed = self._waiting > 0 or self._alone > 0

    def _tell(self) -> None:
        """Wake all who wait; each looks for itself."""
        self._changed.set()
        self._changed = asyncio.Event()
