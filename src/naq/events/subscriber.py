"""Listening for events: with a callback or as an iterator, from a plain subscription or durably from the stream.

A subscriber leases the shared connection while it listens. `naq.events.manager` restarts subscribers that fail.
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
    """Numbers of events: `dropped` because the buffer was full, `malformed` because they were not JSON."""

    received: int = 0
    handled: int = 0
    failed: int = 0
    malformed: int = 0
    dropped: int = 0


class EventSubscriber:
    """Listens for the events of one type; the type may be a pattern: `job.*`, `order.>`, `>`.

    Without `durable`, it receives the events that are published while it listens, both plain and kept events; in a
    `group` of subscribers, only one receives each event. With `durable`, it reads the kept events from the position of
    this name on, the first time from the oldest. Each event is acknowledged after its handler has returned; an event
    whose handler fails is delivered again, after a second and then with growing delays, up to `max_deliver` times.

    At most `config.events.buffer` events wait here. Without `durable`, further events are dropped and counted; with
    `durable`, they stay on the server.
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
            raise NaqError("subscribers with the same durable name share their events already; leave out group")
        if max_deliver < 1:
            raise NaqError(f"max_deliver: expected a number from 1, not {max_deliver}")
        self.max_deliver = max_deliver
        self.counts = EventCounts()
        # Set while the server knows the subscription or consumer.
        self.listening = asyncio.Event()
        # How often listening has started.
        self.starts = 0
        self._subjects = Subjects.of(self.config)
        self._source: Source | None = None
        self._stop = False

    def __repr__(self) -> str:
        source = f"durable {self.durable!r}" if self.durable else "plain"
        return f"EventSubscriber({self.event_type!r}, {source}, {self.counts})"

    def stop(self) -> None:
        """Take no more events; `listen` and the iterators end once the events that have arrived are handled."""
        self._stop = True
        if self._source is not None:
            self._source.stop()

    async def listen(self, handler: Handler) -> None:
        """Call `handler` for each event, one after the other, until `stop` is called.

        An exception of the handler is logged and counted, and the next event follows. Raises `ConnectFailed`, and
        ConnectionClosedError when the connection is closed permanently.
        """
        async with self._listening() as source:
            while (arrival := await source.next()) is not None:
                event = await self._event(source, arrival)
                if event is not None:
                    await self._handle(source, arrival, event, handler)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield events from now on, or from the position of `durable` on. Close the iterator (`aclosing`) to stop.

        An event counts as handled when the next event is requested. If the iteration ends at an event, a durable
        subscriber receives that event again.
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
        """Return the next event, or None when none comes within `timeout` seconds.

        For a durable subscriber, the event then counts as handled.
        """
        try:
            async with asyncio.timeout(timeout), self._listening(size=1) as source:
                while (arrival := await source.next()) is not None:
                    event = await self._event(source, arrival)
                    if event is not None:
                        # Stopped first: a further event would be given back, and later arrive out of order.
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
            raise NaqError(f"{self!r} listens already; make another EventSubscriber")
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
            logger.warning("a message on %s is ignored: %s", msg.subject, error)
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
        # A handler may raise any exception; other handlers and events must continue.
        except BaseException as error:
            if _must_end(error):
                raise
            self.counts.failed += 1
            logger.exception("the handler of %s failed at %s", self.event_type, event.type)
            await source.failed(arrival)
        else:
            self.counts.handled += 1
            await source.handled(arrival)


def _must_end(error: BaseException) -> bool:
    """Return whether the program ends or this task was cancelled; a handler may also await another cancelled task."""
    task = asyncio.current_task()
    if isinstance(error, asyncio.CancelledError):
        return task is None or task.cancelling() > 0
    return isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit))
