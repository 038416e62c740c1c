"""Noticing the queues that have jobs with a priority, and pulling from these by priority.

A queue without such jobs has no further consumer and no further pull request.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.cancellation import cancel_until_ended, finish
from naq.config import Config
from naq.connection.denials import SUBSCRIBE, watch_denials
from naq.errors import PermissionDenied
from naq.option_values import PRIORITIES, Priority
from naq.queue.priorities import ensure_priorities, queues_with_priorities
from naq.queue.streams import names
from naq.worker.priority_pull import PriorityPuller
from naq.worker.pull import Puller

logger = logging.getLogger(__name__)

# Seconds between two checks of whether a queue has jobs with a priority.
LOOK_EVERY: Final = 5.0
# Seconds for a cancelled puller to end.
ENDING: Final = 3.0


class PriorityPulling:
    """The queues of a worker over one connection, and a `PriorityPuller` for each.

    `room(queue)` returns how many messages could start now; `deliver(message, queue)` takes each message.
    """

    def __init__(
        self,
        connection: Client,
        js: JetStreamContext,
        config: Config,
        queues: tuple[str, ...],
        room: Callable[[str], int],
        deliver: Callable[[Msg, str], None],
    ) -> None:
        self._connection = connection
        self._js = js
        self._config = config
        self._names = names(config)
        self._room = room
        self._deliver = deliver
        # The queues whose messages are pulled by priority.
        self.active: set[str] = set()
        # The queues with priorities that cannot be pulled, about which the log tells once.
        self._told: set[str] = set()
        self._noticed: asyncio.Queue[str] = asyncio.Queue()
        self._pullers = {queue: self._puller(queue) for queue in queues}

    @property
    def pullers(self) -> list[PriorityPuller]:
        """The pullers of all queues; those of queues without priorities wait."""
        return list(self._pullers.values())

    async def until_begun(self, queue: str, puller: Puller) -> None:
        """Run the puller of a queue without priorities; when the queue has some, end it, and wait until cancelled.

        Raises what `Puller.run` raises.
        """
        running = asyncio.create_task(puller.run(), name="naq pull")
        begun = asyncio.create_task(self._pullers[queue].begun.wait(), name="naq wait for priorities")
        try:
            await asyncio.wait((running, begun), return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await running
                return
        finally:
            await finish(cancel_until_ended((running, begun), ENDING))
        # Its requests would take messages out of turn.
        await puller.stop()
        await asyncio.Event().wait()

    def consumers(self) -> Iterator[tuple[str, Priority]]:
        """Yield queue and priority of each consumer from which the worker pulls."""
        for queue, puller in self._pullers.items():
            for level in PRIORITIES if puller.active else ("normal",):
                yield queue, level

    def wake(self) -> None:
        """Check whether there is room for another request."""
        for queue in self.active:
            self._pullers[queue].wake()

    async def look(self) -> None:
        """Begin to pull by priority from the queues that have jobs with a priority. Raises ConnectionClosedError."""
        if self._config.worker.priorities:
            for queue in self._pullers:
                await self._quietly(self._begin(queue))
        if not all(puller.active for puller in self._pullers.values()):
            await self._quietly(self.none_wait())

    async def none_wait(self) -> bool:
        """Return whether no job with a priority waits or runs; otherwise begin to pull such jobs.

        Raises nats-py's errors.
        """
        waiting = await queues_with_priorities(self._js, self._config)
        for queue in waiting.intersection(self._pullers):
            await self._begin(queue)
        return waiting.isdisjoint(self._pullers)

    async def watch(self) -> None:
        """Notice the first job with a priority of each queue: at once if it is published now, else soon.

        Runs until cancelled. Raises ConnectionClosedError.
        """
        with contextlib.ExitStack() as watching:
            for queue in self._pullers:
                subject = self._names.levels(queue)
                # Without the right to subscribe, such jobs are found by looking.
                watching.enter_context(watch_denials(self._connection, subject, _ignore, SUBSCRIBE))
                await self._listen(queue, subject)
            while True:
                try:
                    async with asyncio.timeout(LOOK_EVERY):
                        queue = await self._noticed.get()
                except TimeoutError:
                    await self.look()
                else:
                    await self._quietly(self._begin(queue))

    async def _listen(self, queue: str, subject: str) -> None:
        """Listen to what is published to a queue with a priority, until the first message."""
        if queue in self.active:
            return

        async def on_message(_: Msg) -> None:
            self._noticed.put_nowait(queue)

        subscription = await self._connection.subscribe(subject, cb=on_message)
        await subscription.unsubscribe(1)

    async def _begin(self, queue: str) -> None:
        try:
            await self._pullers[queue].begin()
            self.active.add(queue)
        except PermissionDenied as denied:
            level = logging.DEBUG if queue in self._told else logging.ERROR
            self._told.add(queue)
            logger.log(
                level,
                "queue %s has jobs with a priority, which this worker cannot take: %s; have an administrator run a "
                "worker of this queue once with NAQ_WORKER__PRIORITIES=true",
                queue, denied,
            )  # fmt: skip

    async def _quietly(self, work: Awaitable[object]) -> None:
        """Await requests that are repeated later if they fail. Raises ConnectionClosedError."""
        try:
            await work
        except nats.errors.ConnectionClosedError:
            raise
        except (nats.errors.Error, OSError) as error:
            logger.debug("whether the queues have priorities is not known: %r", error)

    def _puller(self, queue: str) -> PriorityPuller:
        return PriorityPuller(
            self._connection,
            self._names,
            queue,
            room=lambda: self._room(queue),
            deliver=lambda msg: self._deliver(msg, queue),
            prepare=lambda: ensure_priorities(self._js, self._config, queue),
        )


def _ignore(denied: PermissionDenied) -> None:
    logger.debug("jobs with a priority are not noticed at once: %s", denied)
