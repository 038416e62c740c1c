"""Listening for events: with a callback or as an iterator, as they pass by or durably from the stream.

A subscriber leases the shared connection for as long as it listens. What happens when one fails is in
`naq.events.manager`.
"""

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from naq.config import Config, get_config
from naq.connection import nats_jetstream
from naq.errors import DeserializationError, NaqError
from naq.events.event import Event, Subjects, check_durable, check_pattern, decode_data
from naq.events.sources import Arrival, Kept, Passing, Source
from naq.worker.delivery import delivery_numbers

logger = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Event], Awaitable[None] | None]


@dataclass(slots=True)
class EventCounts:
    """What became of the events: `dropped` found the buffer full, `malformed` were not JSON."""

    received: int = 0
    handled: int = 0
    failed: int = 0
    malformed: int = 0
    dropped: int = 0


class EventSubscriber:
    """Listens for the events of one type; the type may be a pattern: `job.*`, `order.>`, `>`.

    Without `durable`, it hears what passes by while it listens, plain and kept events alike; of the subscribers in one
    `group`, only one hears each. With `durable`, it reads the kept events from where the subscriber of this name left
    off, from the oldest the first time; each is acknowledged after its handler, and one whose handler fails comes
    again, after a second and then ever later, until it has come `max_deliver` times.

    At most `config.events.buffer` events wait here. More than that are dropped and counted where they pass by, and
    stay at the server where they are kept.
    """

    def __init__(
        self,
        event_type: str = ">",
        config: Config | None = None,
        *,
        durable: str | None = None,
        group: str = "",
        max_deliver: int = 5,
    ) -> None:
        self.event_type = check_pattern(event_type)
        self.config = config or get_config()
        self.durable = None if durable is None else check_durable(durable)
        self.group = "" if group == "" else check_durable(group)
        if durable is not None and group:
            raise NaqError("subscribers of one durable name share its events already; leave out group")
        if max_deliver < 1:
            raise NaqError(f"max_deliver is a number of deliveries from 1, not {max_deliver}")
        self.max_deliver = max_deliver
        self.counts = EventCounts()
        # Set while the server knows what is listened for; how often that has begun.
        self.listening = asyncio.Event()
        self.starts = 0
        self._subjects = Subjects.of(self.config)
        self._source: Source | None = None
        self._stop = False

    def __repr__(self) -> str:
        how = f"durable {self.durable!r}" if self.durable else "passing by"
        return f"EventSubscriber({self.event_type!r}, {how}, {self.counts})"

    def stop(self) -> None:
        """Take no more events; `listen` and the iterators end when what has arrived is handled."""
        self._stop = True
        if self._source is not None:
            self._source.stop()

    async def listen(self, handler: Handler) -> None:
        """Call `handler` for each event, one after the other, until `stop` is called.

        A handler that raises is logged and counted, and the next event follows. Raises `ConnectFailed`, and
        ConnectionClosedError when the connection is closed for good.
        """
        async with self._listening() as source:
            while (arrival := await source.next()) is not None:
                event = await self._event(source, arrival)
                if event is not None:
                    await self._handle(source, arrival, event, handler)

    async def events(self) -> AsyncGenerator[Event, None]:
        """All events from now on, or from where `durable` left off. Close the iterator (`aclosing`) to stop listening.

        An event is taken as handled when the next one is asked for; the one at which the iteration is broken off
        comes again to a durable subscriber.
        """
        async with self._listening() as source:
            while (arrival := await source.next()) is not None:
                event = await self._event(source, arrival)
                if event is None:
                    continue
                yield event
                self.counts.handled += 1
                await source.handled(arrival)

    async def wait_for(self, timeout: float = 5.0) -> Event | None:
        """The next event, or None when none comes within `timeout` seconds.

        To a durable subscriber it then counts as handled.
        """
        try:
            async with asyncio.timeout(timeout), self._listening(size=1) as source:
                while (arrival := await source.next()) is not None:
                    event = await self._event(source, arrival)
                    if event is not None:
                        # Asked for no more: what would come must be given back, and then comes out of order.
                        source.stop()
                        await source.handled(arrival)
                        self.counts.handled += 1
                        return event
        except TimeoutError:
            return None
        return None

    @asynccontextmanager
    async def _listening(self, size: int | None = None) -> AsyncIterator[Source]:
        if self._source is not None:
            raise NaqError(f"{self!r} listens already; make another one")
        self._stop = False
        async with nats_jetstream(self.config) as (conn, js):
            source: Source
            size = size or self.config.events.buffer
            if self.durable is None:
                source = Passing(conn, size, self._subjects, self.event_type, self.group)
            else:
                source = Kept(conn, size, js, self.config, self.event_type, self.durable, self.max_deliver)
            self._source = source
            try:
                await source.open()
                self.listening.set()
                self.starts += 1
                if self._stop:
                    source.stop()
                yield source
            finally:
                self.listening.clear()
                self._source = None
                self.counts.dropped += source.dropped
                await source.close()

    async def _event(self, source: Source, arrival: Arrival) -> Event | None:
        self.counts.received += 1
        msg = arrival.msg
        try:
            data = decode_data(msg.data)
        except DeserializationError as error:
            self.counts.malformed += 1
            logger.warning("a message on %s is left out: %s", msg.subject, error)
            await source.refused(arrival)
            return None
        kind = self._subjects.type_of(msg.subject)
        if self.durable is None:
            return Event(type=kind, data=data, at=arrival.at)
        delivered, sequence = delivery_numbers(msg.reply)
        stored = msg.metadata.timestamp.timestamp()
        return Event(type=kind, data=data, at=stored, sequence=sequence, delivered=delivered)

    async def _handle(self, source: Source, arrival: Arrival, event: Event, handler: Handler) -> None:
        try:
            result = handler(event)
            if inspect.isawaitable(result):
                await result
        # A handler is anybody's code; the others, and the next events, go on.
        except BaseException as error:
            if _is_the_end(error):
                raise
            self.counts.failed += 1
            logger.exception("the handler of %s failed at %s", self.event_type, event.type)
            await source.failed(arrival)
        else:
            self.counts.handled += 1
            await source.handled(arrival)


def _is_the_end(error: BaseException) -> bool:
    """Whether the program is to end, or this task was cancelled: what a handler waited for may have been, too."""
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError):
        return task is None or task.cancelling() > 0
    return isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit))
