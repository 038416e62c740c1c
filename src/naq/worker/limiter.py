"""Keeping the limits of queues and functions over all workers: entering, leaving, and waiting for a free place.

A job over a limit is given back with a delay, so that its slot is free for other jobs. The worker remembers the
message, and gives it back a second time, without a delay, when a place is free: the server then delivers it at once.
If the worker ends, the message is delivered when its delay is over.
"""

import asyncio
import functools
import inspect
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from naq.cancellation import cancel_until_ended
from naq.config import Config
from naq.limits import Limit, Limited, Limits
from naq.names import Names
from naq.option_values import PRIORITIES, Priority
from naq.queue.limit_store import LimitStore, key_of
from naq.worker.places import Place, Places
from naq.worker.rates import ServerClock, Starts
from naq.worker.settlement import OverLimit

logger = logging.getLogger(__name__)

# Seconds for which a message over a limit is given back: the first time, and at most.
FIRST_DELAY: Final = 1.0
LONGEST_DELAY: Final = 30.0
LONGEST_RATE_DELAY: Final = 300.0
# Seconds without news of a limit after which a waiting message is tried, as a worker that died tells nothing.
LOOK_EVERY: Final = 5.0
# Seconds before the end of its delay in which a message is not given back again, see `naq.worker.waking`.
MARGIN: Final = 0.5
# How many messages of one limit a worker remembers. The others are delivered when their delay is over.
MOST_WAITING: Final = 10_000
ENDING: Final = 3.0


@dataclass(slots=True)
class Waiting:
    """The messages of one limit that this worker has given back, by priority: reply subject, end of the delay."""

    by_priority: dict[Priority, deque[tuple[str, float]]] = field(
        default_factory=lambda: {level: deque() for level in PRIORITIES}
    )

    def add(self, reply: str, until: float, priority: Priority) -> None:
        """Remember a message until the end of its delay, if there is room."""
        if sum(map(len, self.by_priority.values())) < MOST_WAITING:
            self.by_priority[priority].append((reply, until))

    def drop_overdue(self, now: float) -> None:
        """Forget the messages that the server delivers by itself, or will soon."""
        for waiting in self.by_priority.values():
            while waiting and waiting[0][1] <= now + MARGIN:
                waiting.popleft()

    def next(self, now: float) -> str | None:
        """Remove and return the first message of the highest priority, None when there is none."""
        for waiting in self.by_priority.values():
            while waiting:
                reply, until = waiting.popleft()
                if until > now + MARGIN:
                    return reply
        return None

    def __len__(self) -> int:
        return sum(map(len, self.by_priority.values()))


@dataclass(slots=True, eq=False)
class _Kept:
    """One limit as this worker keeps it. Until `full_until` it is known to be full, as far as nothing is heard."""

    key: str
    limit: Limit
    places: Places | None
    starts: Starts | None
    waiting: Waiting = field(default_factory=Waiting)
    full_until: float = float("-inf")
    heard: float = float("-inf")
    subscribed: bool = False


class Entry:
    """The right of one job to run under its limits. `leave` gives it back, once the function has ended too."""

    def __init__(
        self, taken: list[tuple[_Kept, Place]], give_back: Callable[[list[tuple[_Kept, Place]]], None]
    ) -> None:
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


class Limiter:
    """Keeps the limits of one worker over one connection. `changed` is called when a queue may be pulled again."""

    def __init__(
        self, store: LimitStore, limits: Limits, config: Config, worker_id: str, changed: Callable[[], None]
    ) -> None:
        self._store = store
        self._limits = limits
        self._worker_id = worker_id
        self._changed = changed
        self._names: Names = store.names
        self._connection: Client = store.connection
        # Whole seconds, as the server counts them.
        self.ttl = max(2, round(config.worker.heartbeat_ttl))
        self._loop = asyncio.get_running_loop()
        self._clock = ServerClock(store)
        self._kept: dict[tuple[str, Limit], _Kept] = {}
        self._by_queue: dict[str, _Kept] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reconnects = self._connection.stats["reconnects"]
        self._resting_until = float("-inf")

    async def prepare(self) -> None:
        """Make the stream if there are limits. Raises `PermissionDenied` and nats-py's errors."""
        if self._limits:
            await self._store.make()

    def concern(self, queue: str, function: str) -> list[Limited]:
        """Return the limits that concern a job. Called for each job, of which most have none."""
        return self._limits.of(queue, function) if self._limits else []

    def room(self, queue: str, room: int) -> int:
        """Return how many messages to pull from a queue, at most `room`: none while it is at its limit.

        While messages of it wait here, one at a time: the server delivers a message that was woken first.
        """
        kept = self._by_queue.get(queue)
        if kept is None or room <= 0:
            return room
        now = self._loop.time()
        if kept.full_until > now:
            return 0
        kept.waiting.drop_overdue(now)
        return 1 if len(kept.waiting) else room

    def known_full(self, concerned: Iterable[Limited]) -> OverLimit | None:
        """Return the outcome of a new message if one of its limits is known to be full; asks no server."""
        now = self._loop.time()
        for limited in concerned:
            kept = self._kept.get((key_of(limited), limited.limit))
            if kept is not None and kept.full_until > now:
                return self._over(kept, 1, kept.full_until - now)
        return None

    async def enter(self, concerned: Iterable[Limited], job_id: str, attempt: int) -> Entry | OverLimit:
        """Take a place of each limit and count a start; returns the outcome if one of them is full.

        `attempt` is the number of the delivery. Raises nats-py's errors and `PermissionDenied`.
        """
        every = [self._keep(limited) for limited in concerned]
        rest = self._rest()
        if rest > 0:
            return self._over(every[0], attempt, 0.0, rest)
        taken: list[tuple[_Kept, Place]] = []
        try:
            over = await self._take_places(every, job_id, attempt, taken) or await self._count_starts(every, attempt)
        except BaseException:
            self._give_back(taken)
            raise
        if over is None:
            return Entry(taken, self._give_back)
        self._give_back(taken, wakes=False)
        return over

    async def _take_places(
        self, every: list[_Kept], job_id: str, attempt: int, taken: list[tuple[_Kept, Place]]
    ) -> OverLimit | None:
        for kept in every:
            if kept.places is not None:
                place = await kept.places.take(job_id)
                if place is None:
                    kept.full_until = self._loop.time() + LOOK_EVERY
                    return self._over(kept, attempt, 0.0)
                taken.append((kept, place))
        return None

    async def _count_starts(self, every: list[_Kept], attempt: int) -> OverLimit | None:
        rated = [(kept, kept.starts) for kept in every if kept.starts is not None]
        # First for all of them, so that a start is seldom counted for a job that another limit stops.
        for look in (Starts.delay, Starts.take):
            for kept, starts in rated:
                delay = await look(starts)
                if delay > 0:
                    kept.full_until = self._loop.time() + delay
                    return self._over(kept, attempt, delay)
        return None

    def park(self, over: OverLimit, msg: Msg, delay: float) -> None:
        """Remember a message that was given back for `delay` seconds."""
        kept = next((one for one in self._kept.values() if one.key == over.key), None)
        if kept is None or delay <= MARGIN:
            return
        priority = self._names.priority_of(msg.subject)
        kept.waiting.add(msg.reply, self._loop.time() + delay, priority)
        if kept.places is not None and not kept.subscribed:
            kept.subscribed = True
            self._spawn(self._listen(kept))

    async def run(self) -> None:
        """Renew places, and look for places of workers that died, until cancelled. Raises ConnectionClosedError."""
        while True:
            await asyncio.sleep(min(self.ttl / 3, LOOK_EVERY))
            for kept in list(self._kept.values()):
                try:
                    if kept.places is not None:
                        await kept.places.renew()
                    await self._look(kept)
                except nats.errors.ConnectionClosedError:
                    raise
                except (nats.errors.Error, OSError) as error:
                    logger.warning("the limit %s is not renewed: %r", kept.key, error)

    async def close(self) -> None:
        """Wait until places that were given back are free."""
        pending = list(self._tasks)
        if pending:
            await asyncio.wait(pending, timeout=ENDING)
        await cancel_until_ended(pending, ENDING)

    def _keep(self, limited: Limited) -> _Kept:
        key, limit = key_of(limited), limited.limit
        kept = self._kept.get((key, limit))
        if kept is None:
            places = None
            if limit.at_once is not None:
                places = Places(self._store, key, limit.at_once, self.ttl, self._worker_id)
            starts = None if limit.rate is None else Starts(self._store, self._clock, key, limit.rate)
            kept = self._kept[key, limit] = _Kept(key, limit, places, starts, heard=self._loop.time())
            if limited.kind == "queue":
                self._by_queue[limited.name] = kept
        return kept

    def _rest(self) -> float:
        """Return the seconds for which no place is taken after an outage, so that holders can renew theirs first."""
        reconnects, now = self._connection.stats["reconnects"], self._loop.time()
        if reconnects != self._reconnects:
            self._reconnects = reconnects
            self._resting_until = now + self.ttl / 3
            self._clock.forget()
        return self._resting_until - now

    def _over(self, kept: _Kept, attempt: int, rate_delay: float, rest: float = 0.0) -> OverLimit:
        """Return the outcome of a job over a limit, with the delay after which it is delivered again at the latest."""
        spread = random.uniform(1.0, 1.2)
        if kept.places is None and kept.limit.rate is not None and not rest:
            # The messages that wait here already start before this one.
            each = kept.limit.rate.seconds / kept.limit.rate.starts
            delay = min(LONGEST_RATE_DELAY, rate_delay + len(kept.waiting) * each)
            return OverLimit(kept.key, delay * spread)
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempt - 1, 10))
        return OverLimit(kept.key, max(rest, rate_delay, delay) * spread)

    def _give_back(self, taken: list[tuple[_Kept, Place]], wakes: bool = True) -> None:
        if taken:
            self._spawn(self._free(taken, wakes))

    async def _free(self, taken: list[tuple[_Kept, Place]], wakes: bool) -> None:
        for kept, place in taken:
            assert kept.places is not None, "the place is one of it"
            await self._quietly(kept.places.free(place))
            if wakes:
                await self._quietly(self._hand_on(kept))

    async def _hand_on(self, kept: _Kept) -> None:
        """Have one waiting message delivered, of this worker or else of another."""
        self._hear(kept)
        if not await self._wake(kept):
            await self._connection.publish(self._names.freed(kept.key), b"")

    async def _wake(self, kept: _Kept) -> bool:
        """Have a waiting message of this worker delivered now; returns False when there is none."""
        reply = kept.waiting.next(self._loop.time())
        if reply is None:
            return False
        await self._connection.publish(reply, b"-NAK")
        return True

    async def _look(self, kept: _Kept) -> None:
        """Try a waiting message if nothing was heard of the limit for long."""
        if kept.places is not None and self._loop.time() - kept.heard >= LOOK_EVERY:
            self._hear(kept)
            await self._wake(kept)

    async def _listen(self, kept: _Kept) -> None:
        """Hear of places that other workers free, which have no message that waits."""

        async def on_free(_: Msg) -> None:
            self._hear(kept)
            await self._quietly(self._wake(kept))

        await self._quietly(self._connection.subscribe(self._names.freed(kept.key), cb=on_free))

    def _hear(self, kept: _Kept) -> None:
        kept.heard = self._loop.time()
        kept.full_until = float("-inf")
        self._changed()

    async def _quietly(self, work: Awaitable[Any]) -> None:
        try:
            await work
        except (nats.errors.Error, OSError) as error:
            logger.debug("a place of a limit is not handed on: %r", error)

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work, name="naq limit")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
