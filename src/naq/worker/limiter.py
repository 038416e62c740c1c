"""Keeping the limits of queues and functions over all workers: entering, leaving, and waiting for a free place.

A job over a limit is given back with a delay, so that its slot is free for other jobs. The worker remembers the
message, and gives it back a second time, without a delay, when a place is free: the server then delivers it at once.
If the worker ends, the message is delivered when its delay is over.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from naq.config import Config
from naq.limits import Limit, Limited, Limits
from naq.names import Names
from naq.queue.limit_store import LimitStore, key_of
from naq.worker.freeing import Freeing
from naq.worker.kept_limit import MARGIN, KeptLimit, Taken
from naq.worker.limit_entry import Entry
from naq.worker.places import Places
from naq.worker.rates import ServerClock, Starts
from naq.worker.settlement import OverLimit

logger = logging.getLogger(__name__)

# Seconds for which a message over a limit is given back: the first time, and at most.
FIRST_DELAY: Final = 1.0
LONGEST_DELAY: Final = 30.0
LONGEST_RATE_DELAY: Final = 300.0
# Seconds without news of a limit after which a waiting message is tried, as a worker that died tells nothing.
LOOK_EVERY: Final = 5.0


class Limiter:
    """Keeps the limits of one worker over one connection. `changed` is called when a queue may be pulled again."""

    def __init__(
        self, store: LimitStore, limits: Limits, config: Config, worker_id: str, changed: Callable[[], None]
    ) -> None:
        self._store = store
        self._limits = limits
        self._worker_id = worker_id
        self._names: Names = store.names
        self._connection: Client = store.connection
        self._freeing = Freeing(self._connection, self._names, changed)
        # Whole seconds, as the server counts them.
        self.ttl = max(2, round(config.worker.heartbeat_ttl))
        self._loop = asyncio.get_running_loop()
        self._clock = ServerClock(store)
        self._kept: dict[tuple[str, Limit], KeptLimit] = {}
        self._by_queue: dict[str, KeptLimit] = {}
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
                return _over(kept, 1, kept.full_until - now)
        return None

    async def enter(self, concerned: Iterable[Limited], job_id: str, attempt: int) -> Entry | OverLimit:
        """Take a place of each limit and count a start; returns the outcome if one of them is full.

        `attempt` is the number of the delivery. Raises nats-py's errors and `PermissionDenied`.
        """
        every = [self._keep(limited) for limited in concerned]
        rest = self._rest()
        if rest > 0:
            return _over(every[0], attempt, 0.0, rest)
        taken: list[Taken] = []
        try:
            over = await self._take_places(every, job_id, attempt, taken) or await self._count_starts(every, attempt)
        except BaseException:
            self._freeing.give_back(taken)
            raise
        if over is None:
            return Entry(taken, self._freeing.give_back)
        self._freeing.give_back(taken, wakes=False)
        return over

    async def _take_places(
        self, every: list[KeptLimit], job_id: str, attempt: int, taken: list[Taken]
    ) -> OverLimit | None:
        for kept in every:
            if kept.places is not None:
                place = await kept.places.take(job_id)
                if place is None:
                    kept.full_until = self._loop.time() + LOOK_EVERY
                    return _over(kept, attempt, 0.0)
                taken.append((kept, place))
        return None

    async def _count_starts(self, every: list[KeptLimit], attempt: int) -> OverLimit | None:
        rated = [(kept, kept.starts) for kept in every if kept.starts is not None]
        # First for all of them, so that a start is seldom counted for a job that another limit stops.
        for look in (Starts.delay, Starts.take):
            for kept, starts in rated:
                delay = await look(starts)
                if delay > 0:
                    kept.full_until = self._loop.time() + delay
                    return _over(kept, attempt, delay)
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
            self._freeing.listen(kept)

    async def run(self) -> None:
        """Renew places, and look for places of workers that died, until cancelled. Raises ConnectionClosedError."""
        while True:
            await asyncio.sleep(min(self.ttl / 3, LOOK_EVERY))
            for kept in list(self._kept.values()):
                try:
                    if kept.places is not None:
                        await kept.places.renew()
                        if self._loop.time() - kept.heard >= LOOK_EVERY:
                            # Nothing was heard for long: a waiting message is tried.
                            await self._freeing.wake(kept)
                except nats.errors.ConnectionClosedError:
                    raise
                except (nats.errors.Error, OSError) as error:
                    logger.warning("the limit %s is not renewed: %r", kept.key, error)

    async def close(self) -> None:
        """Wait until places that were given back are free."""
        await self._freeing.close()

    def _keep(self, limited: Limited) -> KeptLimit:
        key, limit = key_of(limited), limited.limit
        kept = self._kept.get((key, limit))
        if kept is None:
            places = None
            if limit.at_once is not None:
                places = Places(self._store, key, limit.at_once, self.ttl, self._worker_id)
            starts = None if limit.rate is None else Starts(self._store, self._clock, key, limit.rate)
            kept = self._kept[key, limit] = KeptLimit(key, limit, places, starts, heard=self._loop.time())
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


def _over(kept: KeptLimit, attempt: int, rate_delay: float, rest: float = 0.0) -> OverLimit:
    """Return the outcome of a job over a limit, with the delay after which it is delivered again at the latest."""
    spread = random.uniform(1.0, 1.2)
    if kept.places is None and kept.limit.rate is not None and not rest:
        # The messages that wait here already start before this one.
        each = kept.limit.rate.seconds / kept.limit.rate.starts
        delay = min(LONGEST_RATE_DELAY, rate_delay + len(kept.waiting) * each)
        return OverLimit(kept.key, delay * spread)
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempt - 1, 10))
    return OverLimit(kept.key, max(rest, rate_delay, delay) * spread)
