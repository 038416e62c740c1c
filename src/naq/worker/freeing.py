"""Giving places of limits back, and handing them on to a message that waits, of this worker or else of another."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from naq.cancellation import cancel_until_ended
from naq.names import Names
from naq.worker.kept_limit import KeptLimit, Taken

logger = logging.getLogger(__name__)

# Seconds for the places that were given back to be free, when the worker ends.
ENDING: Final = 3.0


class Freeing:
    """Frees the places of one worker, in separate tasks. `changed` is called when a place may be free."""

    def __init__(self, connection: Client, names: Names, changed: Callable[[], None]) -> None:
        self._connection = connection
        self._names = names
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    def give_back(self, taken: list[Taken], wakes: bool = True) -> None:
        """Free places; with `wakes`, hand each on."""
        if taken:
            self._spawn(self._free(taken, wakes))

    def listen(self, kept: KeptLimit) -> None:
        """From now on, hear of places that other workers free, which have no message that waits."""
        self._spawn(self._listen(kept))

    async def wake(self, kept: KeptLimit) -> bool:
        """Have a waiting message of this worker delivered now; returns False when there is none."""
        now = self._loop.time()
        kept.hear(now)
        self._changed()
        reply = kept.waiting.next(now)
        if reply is None:
            return False
        await self._connection.publish(reply, b"-NAK")
        return True

    async def close(self) -> None:
        """Wait until places that were given back are free."""
        pending = list(self._tasks)
        if pending:
            await asyncio.wait(pending, timeout=ENDING)
        await cancel_until_ended(pending, ENDING)

    async def _free(self, taken: list[Taken], wakes: bool) -> None:
        for kept, place in taken:
            assert kept.places is not None, "the place is one of it"
            await _quietly(kept.places.free(place))
            if wakes:
                await _quietly(self._hand_on(kept))

    async def _hand_on(self, kept: KeptLimit) -> None:
        """Have one waiting message delivered, of this worker or else of another."""
        if not await self.wake(kept):
            await self._connection.publish(self._names.freed(kept.key), b"")

    async def _listen(self, kept: KeptLimit) -> None:
        async def on_free(_: Msg) -> None:
            await _quietly(self.wake(kept))

        await _quietly(self._connection.subscribe(self._names.freed(kept.key), cb=on_free))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work, name="naq limit")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(work: Awaitable[Any]) -> None:
    try:
        await work
    except (nats.errors.Error, OSError) as error:
        logger.debug("a place of a limit is not handed on: %r", error)
