"""The sources of a subscriber's events: a plain subscription, or a durable consumer of the stream.

Both hold a limited number of events. A source settles the messages; the subscriber decodes and handles the events.
"""

import asyncio
import contextlib
import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from naq.cancellation import cancel_until_ended
from naq.config import Config
from naq.connection.denials import SUBSCRIBE, subscription_denied
from naq.error_text import error_text
from naq.errors import PermissionDenied
from naq.events.event import Subjects
from naq.events.stream import ensure_events
from naq.queue.streams import add_consumer, names
from naq.worker.delivery import ACK_PREFIX, delivery_numbers
from naq.worker.pull import Puller

logger = logging.getLogger(__name__)

# Seconds between two checks of whether the connection is open.
LOOK: Final = 1.0
# Seconds before an event whose handler failed is delivered again: the first time, and at most.
RETRY_DELAY: Final = 1.0
LONGEST_DELAY: Final = 60.0

# Seconds for the tasks of a source to end.
CLOSING_GRACE: Final = 3.0

Settlement: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message and the time of its arrival, in seconds since 1970."""

    msg: Msg
    at: float = field(default_factory=time.time)


class Source(ABC):
    """A limited buffer of messages between the connection and the subscriber."""

    def __init__(self, connection: Client, size: int) -> None:
        self._connection = connection
        self._size = size
        self._arrived: deque[Arrival] = deque()
        self._wake = asyncio.Event()
        self._stopped = False
        self.dropped = 0

    def stop(self) -> None:
        """Take no more messages; `next` still returns those that have arrived."""
        self._stopped = True
        self._wake.set()

    async def next(self) -> Arrival | None:
        """Return the next message; None once the source is stopped and empty.

        Raises ConnectionClosedError when the connection is closed permanently.
        """
        while not self._arrived:
            if self._stopped:
                return None
            self._check()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._wake.wait()
        return self._arrived.popleft()

    def _check(self) -> None:
        if self._connection.is_closed:
            raise nats.errors.ConnectionClosedError

    def _add(self, msg: Msg) -> None:
        self._arrived.append(Arrival(msg))
        self._wake.set()

    @abstractmethod
    async def open(self) -> None:
        """Start to listen; when this returns, the server knows the subscription or consumer."""

    @abstractmethod
    async def close(self) -> None:
        """Stop listening at once, and give back messages that were not handled."""

    @abstractmethod
    async def handled(self, arrival: Arrival) -> None:
        """Settle a message whose event was handled."""

    @abstractmethod
    async def failed(self, arrival: Arrival) -> None:
        """Settle a message whose handler failed."""

    @abstractmethod
    async def refused(self, arrival: Arrival) -> None:
        """Settle a message that is not an event."""


class Passing(Source):
    """Events of a plain subscription, without acknowledgement. A full buffer drops and counts further events."""

    def __init__(self, connection: Client, size: int, subjects: Subjects, pattern: str, group: str) -> None:
        super().__init__(connection, size)
        self._names = (subjects.passing(pattern), subjects.kept(pattern))
        self._group = group

    async def open(self) -> None:
        for name in self._names:
            await self._connection.subscribe(name, queue=self._group, cb=self._on_message)
        await self._connection.flush()
        if all(subscription_denied(self._connection, name) for name in self._names):
            raise PermissionDenied(SUBSCRIBE, self._names[0])

    async def close(self) -> None:
        # The subscriptions end with the lease of the connection.
        self._arrived.clear()

    async def handled(self, arrival: Arrival) -> None:
        """Do nothing: the server expects no acknowledgement."""

    async def failed(self, arrival: Arrival) -> None:
        """Do nothing: a plain event is not delivered again."""

    async def refused(self, arrival: Arrival) -> None:
        """Do nothing: the server expects no acknowledgement."""

    async def _on_message(self, msg: Msg) -> None:
        if self._stopped:
            return
        if len(self._arrived) < self._size:
            self._add(msg)
            return
        self.dropped += 1
        if self.dropped == 1:
            logger.warning("events are dropped, as they arrive too fast: the buffer of %d is full", self._size)


class Kept(Source):
    """Events of the stream from the consumer's position on; if the buffer is full, the server keeps the others."""

    def __init__(
        self,
        connection: Client,
        size: int,
        js: JetStreamContext,
        config: Config,
        pattern: str,
        durable: str,
        max_deliver: int,
    ) -> None:
        super().__init__(connection, size)
        self._js = js
        self._config = config
        self._pattern = pattern
        self._durable = durable
        self._max_deliver = max_deliver
        # By reply subject, the messages that are not settled.
        self._unsettled: dict[str, Msg] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._puller = Puller(
            connection,
            names(config).events,
            durable,
            room=self._room,
            deliver=self._on_message,
            repair=self._ensure,
        )

    async def open(self) -> None:
        await self._ensure()
        self._tasks = [
            asyncio.create_task(self._puller.run(), name=f"naq events of {self._durable}"),
            asyncio.create_task(self._keep_alive(), name=f"naq events kept for {self._durable}"),
        ]

    async def close(self) -> None:
        self._stopped = True
        await cancel_until_ended(self._tasks, CLOSING_GRACE)
        if not self._connection.is_closed:
            await self._puller.stop()
        for msg in list(self._unsettled.values()):
            await self._settle(msg, msg.nak)

    async def handled(self, arrival: Arrival) -> None:
        await self._settle(arrival.msg, arrival.msg.ack)

    async def failed(self, arrival: Arrival) -> None:
        msg = arrival.msg
        delivered, sequence = delivery_numbers(msg.reply)
        if delivered >= self._max_deliver:
            logger.error("event %d on %s is not delivered again after %d deliveries", sequence, msg.subject, delivered)
            await self._settle(msg, msg.term)
            return
        delay = min(LONGEST_DELAY, RETRY_DELAY * 2 ** (delivered - 1))
        await self._settle(msg, lambda: msg.nak(delay))

    async def refused(self, arrival: Arrival) -> None:
        await self._settle(arrival.msg, arrival.msg.term)

    def _check(self) -> None:
        super()._check()
        for task in self._tasks:
            if task.done() and not task.cancelled():
                # The subscriber fails with the error of a task that has ended.
                task.result()
                raise RuntimeError(f"{task.get_name()} ended before it was stopped")

    async def _ensure(self) -> None:
        await ensure_events(self._js, self._config)
        consumer = ConsumerConfig(
            name=self._durable,
            durable_name=self._durable,
            filter_subject=Subjects.of(self._config).kept(self._pattern),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._config.worker.ack_wait,
            # Without limit: messages that are given back unhandled at a restart must not reach it.
            max_deliver=-1,
        )
        # Also updates an existing consumer, which would otherwise keep its old pattern.
        await add_consumer(self._js, names(self._config).events, consumer)

    def _room(self) -> int:
        return 0 if self._stopped else self._size - len(self._unsettled)

    def _on_message(self, msg: Msg) -> None:
        if not msg.reply.startswith(ACK_PREFIX):
            logger.warning("a message that does not come from a stream is dropped: %s", msg.subject)
            return
        self._unsettled[msg.reply] = msg
        if not self._stopped:
            self._add(msg)

    async def _settle(self, msg: Msg, how: Settlement) -> None:
        self._unsettled.pop(msg.reply, None)
        self._puller.wake()
        try:
            await how()
        except (nats.errors.Error, OSError) as error:
            logger.info("an event is not settled, and will be delivered again: %s", error_text(error))

    async def _keep_alive(self) -> None:
        """Report progress to the server for all messages that the source holds."""
        while True:
            await asyncio.sleep(self._config.worker.ack_wait / 3)
            for msg in list(self._unsettled.values()):
                with contextlib.suppress(nats.errors.Error, OSError):
                    await msg.in_progress()
