"""The starts of one limit per time, counted for all workers in one message that is written by compare-and-set.

The time is the server's, as asked once a minute; between these requests it is counted by this machine's monotonic
clock, so that a wrong date here does not matter.
"""

import asyncio
from typing import Final

import msgspec

from naq.option_values import Rate
from naq.queue.limit_store import LimitStore, Stored
from naq.queue.rate_window import Window, counted, delay_until_free, with_start

# Seconds after which the server is asked for its time again.
ASK_AGAIN: Final = 60.0
# How often a count is written again after another worker has written it, and the delay in seconds after that.
TRIES: Final = 10
CONTENDED: Final = 0.1


class ServerClock:
    """The server's time, kept by the event loop's clock between two requests."""

    def __init__(self, store: LimitStore) -> None:
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._offset = 0.0
        self._asked = float("-inf")

    async def now(self) -> float:
        """Return the server's time in seconds since 1970, right to within a round trip. Raises nats-py's errors."""
        if self._loop.time() - self._asked > ASK_AGAIN:
            begun = self._loop.time()
            there = await self._store.now()
            self._asked = self._loop.time()
            self._offset = there - (begun + self._asked) / 2
        return self._loop.time() + self._offset

    def forget(self) -> None:
        """Ask again next time: another server may answer."""
        self._asked = float("-inf")


class Starts:
    """The starts of the limit with this key."""

    def __init__(self, store: LimitStore, clock: ServerClock, key: str, rate: Rate) -> None:
        self._store = store
        self._clock = clock
        self._key = f"{key}.per.{int(rate.seconds)}"
        self._rate = rate
        self._lock = asyncio.Lock()
        self._known = Stored(0, b"")

    async def delay(self) -> float:
        """Return the seconds until a start may be permitted, as far as this worker knows. Raises nats-py's errors."""
        now = await self._clock.now()
        return delay_until_free(counted(_decoded(self._known.data), self._rate, now), self._rate, now)

    async def take(self) -> float:
        """Count a start if one is permitted now; returns 0, or the seconds until one may be permitted.

        Raises nats-py's errors.
        """
        async with self._lock:
            for _ in range(TRIES):
                now = await self._clock.now()
                window = counted(_decoded(self._known.data), self._rate, now)
                delay = delay_until_free(window, self._rate, now)
                if not delay:
                    data = msgspec.json.encode(with_start(window))
                    seq = await self._store.put(self._key, data, self._known.seq, self._kept())
                    if seq is not None:
                        self._known = Stored(seq, data)
                        return 0.0
                elif self._known.seq:
                    # What is known may only be too low, as others count starts too.
                    return delay
                self._known = await self._store.read(self._key) or Stored(0, b"")
        return CONTENDED

    def _kept(self) -> int:
        return int(2 * self._rate.seconds) + 1


def _decoded(data: bytes) -> Window | None:
    try:
        return msgspec.json.decode(data, type=Window) if data else None
    except msgspec.MsgspecError:
        # Of another program, or of a later version: it is counted from the beginning.
        return None
