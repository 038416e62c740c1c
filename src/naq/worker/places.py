"""The places of one limit: a job that holds one may run. A place is kept while its worker renews it.

Knows the stream of limits, but neither jobs nor messages.
"""

import asyncio
import logging
import random
import secrets
from dataclasses import dataclass, field
from typing import Final

import msgspec

from naq.queue.limit_store import Holder, LimitStore

logger = logging.getLogger(__name__)

# How often a place is tried that was free a moment ago.
TRIES: Final = 4


@dataclass(slots=True, eq=False)
class Place:
    """A place that this worker holds; `lost` when the server has given it to another job, or let it expire."""

    number: int
    data: bytes
    seq: int
    lost: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Places:
    """The places 0 to `count` - 1 of the limit with this key. Each is held for `ttl` seconds at a time.

    A worker with a smaller `count` than another uses the lower places only.
    """

    def __init__(self, store: LimitStore, key: str, count: int, ttl: int, worker_id: str) -> None:
        self._store = store
        self._key = key
        self._count = count
        self._ttl = ttl
        self._worker_id = worker_id
        self._lock = asyncio.Lock()
        self._held: dict[int, Place] = {}
        # The place that was freed here last, which is tried first.
        self._freed: int | None = None

    @property
    def held(self) -> int:
        """The number of places that this worker holds."""
        return len(self._held)

    async def take(self, job_id: str) -> Place | None:
        """Take a free place; returns None when there is none. Raises nats-py's errors."""
        async with self._lock:
            holder = Holder(self._worker_id, job_id, self._count, secrets.token_hex(8))
            data = msgspec.json.encode(holder)
            number = self._first()
            for _ in range(TRIES):
                if number is None:
                    return None
                seq = await self._store.put(self._subject(number), data, 0, self._ttl)
                if seq is not None:
                    place = self._held[number] = Place(number, data, seq)
                    return place
                number = await self._free()
        return None

    async def renew(self) -> None:
        """Renew all places that this worker holds. Raises nats-py's errors."""
        await asyncio.gather(*(self._renew(place) for place in list(self._held.values())))

    async def free(self, place: Place) -> None:
        """Free a place, unless another job has it. Raises nats-py's errors; the place then expires by itself."""
        self._held.pop(place.number, None)
        async with place.lock:
            if place.lost:
                return
            place.lost = True
            await self._store.delete(place.seq)
            self._freed = place.number

    async def _renew(self, place: Place) -> None:
        async with place.lock:
            if place.lost:
                return
            subject = self._subject(place.number)
            seq = await self._store.put(subject, place.data, place.seq, self._ttl)
            if seq is None:
                present = await self._store.read(subject)
                if present is None:
                    # It has expired, as the server or this worker was away for long.
                    seq = await self._store.put(subject, place.data, 0, self._ttl)
                elif present.data == place.data:
                    # An earlier renewal had no answer.
                    seq = present.seq
            if seq is not None:
                place.seq = seq
                return
            place.lost = True
            logger.warning(
                "the limit %s may be exceeded: a job still runs here whose place was given to another job, as this "
                "worker could not renew the place for %d s",
                self._key, self._ttl,
            )  # fmt: skip

    def _first(self) -> int | None:
        """Return the place to try first, None when this worker holds all of them."""
        freed, self._freed = self._freed, None
        if freed is not None and freed not in self._held and freed < self._count:
            return freed
        if len(self._held) >= self._count:
            return None
        # Without a list of all places, which may be many.
        for _ in range(TRIES):
            number = random.randrange(self._count)
            if number not in self._held:
                return number
        return next(number for number in range(self._count) if number not in self._held)

    async def _free(self) -> int | None:
        """Return a place that is free now, None when there is none."""
        keys = await self._store.keys(f"{self._key}.at.*")
        taken = {int(number) for key in keys if (number := key.rpartition(".")[2]).isdecimal()}
        free = [number for number in range(self._count) if number not in taken and number not in self._held]
        return random.choice(free) if free else None

    def _subject(self, number: int) -> str:
        return f"{self._key}.at.{number}"
