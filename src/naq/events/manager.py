"""Handlers for events, started and stopped together.

Each registered handler has its own subscriber and its own task, so that a slow or failing handler does not delay the
others. A handler whose subscriber fails (connection closed for good, stream not reachable) is started again.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self, TypeVar

from naq.cancellation import cancel_until_ended
from naq.config import Config, get_config
from naq.errors import NaqError
from naq.events.subscriber import EventCounts, EventSubscriber, Handler

logger = logging.getLogger(__name__)

# Between two starts of a failing subscriber, at most, in seconds.
LONGEST_PAUSE: Final = 10.0

# For a cancelled handler to end; between two cancellations, time enough for a subscriber to give back what it has.
CANCEL_GRACE: Final = 20.0
CANCEL_AGAIN: Final = 8.0

Function = TypeVar("Function", bound=Handler)


@dataclass(slots=True, eq=False)
class Registration:
    """A handler, what it listens for, and how it is doing. `restarts` counts subscribers that had to be replaced."""

    event_type: str
    handler: Handler
    subscriber: EventSubscriber
    restarts: int = 0
    error: str = ""
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Whether it listens now."""
        return self.subscriber.listening.is_set()

    @property
    def counts(self) -> EventCounts:
        """What became of its events."""
        return self.subscriber.counts


class EventManager:
    """Registers handlers, runs them, counts what they did: `async with manager:` or `start` and `stop`."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or get_config()
        self.registrations: list[Registration] = []
        self._stopping = asyncio.Event()
        self._started = False

    def __repr__(self) -> str:
        running = sum(one.running for one in self.registrations)
        return f"EventManager({running} of {len(self.registrations)} handlers running)"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def register(
        self,
        event_type: str,
        handler: Handler,
        *,
        durable: str | None = None,
        group: str = "",
        max_deliver: int = 5,
    ) -> Registration:
        """Call `handler` for events of this type, from the next `start` on; see `EventSubscriber`."""
        if self._started:
            raise NaqError("handlers are registered before the manager starts")
        subscriber = EventSubscriber(event_type, self.config, durable=durable, group=group, max_deliver=max_deliver)
        registration = Registration(event_type, handler, subscriber)
        self.registrations.append(registration)
        return registration

    def on(self, event_type: str, *, durable: str | None = None, group: str = "") -> Callable[[Function], Function]:
        """The same as a decorator: `@manager.on("job.failed")`."""

        def decorate(handler: Function) -> Function:
            self.register(event_type, handler, durable=durable, group=group)
            return handler

        return decorate

    @property
    def counts(self) -> EventCounts:
        """What became of all events, over all handlers."""
        total = EventCounts()
        for one in self.registrations:
            for name in EventCounts.__slots__:
                setattr(total, name, getattr(total, name) + getattr(one.counts, name))
        return total

    async def start(self) -> None:
        """Start all handlers; when this returns, all listen.

        When one cannot start, none does, and its error is raised.
        """
        if self._started:
            raise NaqError("this manager has started already")
        self._started = True
        self._stopping.clear()
        for one in self.registrations:
            one.task = asyncio.create_task(self._run(one), name=f"naq events {one.event_type}")
        try:
            for one in self.registrations:
                await _first_start(one)
        except BaseException:
            await self._end()
            raise

    async def stop(self) -> None:
        """Stop all handlers together; each finishes the events that have arrived, within `nats.drain_timeout`."""
        self._stopping.set()
        for one in self.registrations:
            one.subscriber.stop()
        tasks = [one.task for one in self.registrations if one.task is not None]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self.config.nats.drain_timeout)
        finally:
            await self._end()

    async def _end(self) -> None:
        tasks = [one.task for one in self.registrations if one.task is not None]
        await cancel_until_ended(tasks, CANCEL_GRACE, again=CANCEL_AGAIN)
        for one in self.registrations:
            ended, one.task = one.task, None
            if ended is not None and not ended.done():
                one.error = "its handler does not end although it is cancelled; left alone"
                logger.warning("the handler of %s: %s", one.event_type, one.error)
            elif ended is not None and not ended.cancelled() and (error := ended.exception()):
                one.error = _words(error)
        self._started = False

    async def _run(self, one: Registration) -> None:
        """Listen until stopped, through failures. The first start may fail: that is for `start` to report."""
        subscriber = one.subscriber
        first = starts = subscriber.starts
        pause = self.config.nats.reconnect_time_wait
        while not self._stopping.is_set():
            try:
                await subscriber.listen(one.handler)
                return
            # Whatever it is, a handler that was started must not be left deaf.
            except Exception as error:
                one.error = _words(error)
                if subscriber.starts == first:
                    raise
            if subscriber.starts > starts:
                pause = self.config.nats.reconnect_time_wait
            starts = subscriber.starts
            one.restarts += 1
            logger.warning("listening for %s: %s; next try in %g s", one.event_type, one.error, pause)
            await self._sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


async def _first_start(one: Registration) -> None:
    """Wait until it listens; raises the error with which it ended before that."""
    task = one.task
    if task is None:
        return
    listening = asyncio.ensure_future(one.subscriber.listening.wait())
    try:
        await asyncio.wait((task, listening), return_when=asyncio.FIRST_COMPLETED)
    finally:
        listening.cancel()
    if task.done():
        task.result()


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
