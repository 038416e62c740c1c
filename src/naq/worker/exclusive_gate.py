"""A gate that lets runs in one worker happen beside each other, or one run alone. Knows no jobs.

A job whose last run never ended may have ended its worker. It runs alone, so that no other job is lost with it if it
ends its worker again.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeAlias

Leave: TypeAlias = Callable[[], None]


class GateClosed(Exception):
    """Another run is alone, or waits to be, for longer than this run can wait."""


class Gate:
    """Lets runs in beside each other, or one run alone. Used from one event loop."""

    def __init__(self) -> None:
        self._inside = 0
        self._waiting = 0
        self._alone = 0
        self._changed = asyncio.Event()
        # Whether a run is alone, or waits for the others to end; kept here, as it is read for each message.
        self.closed = False

    def __repr__(self) -> str:
        return f"<{self._inside} beside each other, {self._alone} alone, {self._waiting} wait to be alone>"

    def enter(self) -> Leave | None:
        """Enter beside other runs if the gate is open; returns the function to call at the end, else None."""
        return None if self.closed else self._step_in()

    async def beside(self, limit: float) -> Leave:
        """Enter beside other runs; returns the function to call at the end.

        Raises `GateClosed` when the gate stays closed for `limit` seconds.
        """
        if self.closed:
            await self._until_open(limit)
        return self._step_in()

    async def alone(self, limit: float | None) -> Leave:
        """Enter when no other run is inside, and keep others out; returns the function to call at the end.

        With a `limit`, this waits for the others, and later keeps them out, for at most so many seconds each; then all
        run beside each other, so that one long job that is only a suspect does not block its worker.
        """
        await self._until_alone(limit)
        self._alone += 1
        self._update()
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

    def _step_in(self) -> Leave:
        self._inside += 1
        return self._leave

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
        self._update()
        try:
            async with asyncio.timeout(limit):
                while self._inside or self._alone:
                    await self._changed.wait()
        except TimeoutError:
            return
        finally:
            self._waiting -= 1
            self._update()

    def _let_in(self) -> None:
        self._alone -= 1
        self._update()
        self._tell()

    def _update(self) -> None:
        self.closed = self._waiting > 0 or self._alone > 0

    def _tell(self) -> None:
        """Wake all waiting runs; each checks its condition again."""
        self._changed.set()
        self._changed = asyncio.Event()
