"""Handlers for events, started and stopped together.

Each registered handler has a separate subscriber and task, so that a slow or failing handler does not delay the others.
If a subscriber fails (connection closed permanently, stream not reachable), it is started again.
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

# Longest pause in seconds between two starts of a failing subscriber.
LONGEST_PAUSE: Final = 10.0

# Seconds for a cancelled handler to end, and between two cancellations: enough for a subscriber to give events back.
CANCEL_GRACE: Final = 20.0
CANCEL_AGAIN: Final = 8.0

Function = TypeVar("Function", bound=Handler)


@dataclass(slots=True, eq=False)
class Registration:
    """A handler, its event type, and its status. `restarts` counts how often its failed subscriber was restarted."""

    event_type: str
    handler: Handler
    subscriber: EventSubscriber
    restarts: int = 0
    error: str = ""
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Whether the handler receives events now."""
        return self.subscriber.listening.is_set()

    @property
    def counts(self) -> EventCounts:
        """The counts of the handler's events."""
        return self.subscriber.counts


class EventManager:
    """Registers, starts and stops handlers and counts their events: `async with manager:` or `start` and `stop`."""

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
        """Call `handler` for events of this type from the next `start` on; returns its registration.

        The other arguments are those of `EventSubscriber`. Raises `NaqError` when the manager has started.
        """
        if self._started:
            raise NaqError("this manager has started; register handlers before that")
        subscriber = EventSubscriber(event_type, self.config, durable=durable, group=group, max_deliver=max_deliver)
        registration = Registration(event_type, handler, subscriber)
        self.registrations.append(registration)
        return registration

    def on(self, event_type: str, *, durable: str | None = None, group: str = "") -> Callable[[Function], Function]:
        """Return a decorator that registers a handler: `@manager.on("job.failed")`."""

        def decorate(handler: Function) -> Function:
            self.register(event_type, handler, durable=durable, group=group)
            return handler

        return decorate

    @property
    def counts(self) -> EventCounts:
        """The sums of the counts of all handlers."""
        total = EventCounts()
        for one in self.registrations:
            for name in EventCounts.__slots__:
                setattr(total, name, getattr(total, name) + getattr(one.counts, name))
        return total

    async def start(self) -> None:
        """Start all handlers; when this returns, all of them receive events.

        If a handler cannot start, the others are stopped and its error is raised.
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
                one.error = "it still runs although it was cancelled"
                logger.warning("the handler of %s: %s", one.event_type, one.error)
            elif ended is not None and not ended.cancelled() and (error := ended.exception()):
                one.error = _description(error)
        self._started = False

    async def _run(self, one: Registration) -> None:
        """Listen until stopped, and start again after failures. A failure of the first start is raised, for `start`."""
        subscriber = one.subscriber
        first = starts = subscriber.starts
        pause = self.config.nats.reconnect_time_wait
        while not self._stopping.is_set():
            try:
                await subscriber.listen(one.handler)
                return
            # After any exception, a handler that was started must receive events again.
            except Exception as error:
                one.error = _description(error)
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
    """Wait until a handler receives events. Raises the error if its subscriber fails before that."""
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


def _description(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
