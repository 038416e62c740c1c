"""A full store: how long writing an outcome is tried again, and how often the log mentions it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

logger = logging.getLogger(__name__)

# Seconds for which writing an outcome is tried again after its message was acknowledged, which makes room. Failures are
# tried longer: a lost result can be computed again, but a lost failure is the only copy of the job. While a worker
# stores one failure after the other, none is given up: there is room now and then, perhaps on a slow machine.
LATE_RESULT: Final = 1.0
LATE_FAILURE: Final = 30.0
# Seconds after a store was full in which this is not logged as a warning again and failures are stored small; seconds
# after a result was given up in which other results are tried only once.
QUIET: Final = 5.0
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
# Seconds between two tries of a worker to store one of the failures that wait, however many: as often as producers try.
FAILURE_PAUSE: Final = 0.1


class Scarcity:
    """What one worker knows about full stores: when a store was full last, and how many failures wait for room."""

    def __init__(self) -> None:
        self._full_until = 0.0
        self._given_up_until = 0.0
        self._failures = 0
        self._failure_stored_at = 0.0

    @property
    def tight(self) -> bool:
        """Whether a store was full in the last few seconds, so that failures are stored small."""
        return time.monotonic() < self._full_until

    @property
    def failures_first(self) -> bool:
        """Whether a failure waits for room: results wait until it is stored, as it is the only copy of a job."""
        return self._failures > 0

    def note_full(self, text: str) -> None:
        """Note that a store is full, and log `text`: as a warning once in a while, not for each job."""
        logger.log(logging.DEBUG if self.tight else logging.WARNING, "%s", text)
        self._full_until = time.monotonic() + QUIET

    async def failure_stored(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Call `attempt` until it returns True; returns whether it did.

        It is given up after `LATE_FAILURE` seconds in which no failure was stored.
        """
        self._failures += 1
        began = time.monotonic()
        try:
            stored = await _until_stored(
                attempt, self._pauses_in_turn(), lambda: max(began, self._failure_stored_at) + LATE_FAILURE
            )
            if stored:
                self._failure_stored_at = time.monotonic()
            return stored
        finally:
            self._failures -= 1

    def _pauses_in_turn(self) -> Iterator[float]:
        while True:
            yield min(LONGEST_PAUSE, FAILURE_PAUSE * self._failures)

    async def result_stored(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Call `attempt` until it returns True, for at most `LATE_RESULT` seconds; returns whether it did.

        Tries only once if a result was given up in the last few seconds.
        """
        now = time.monotonic()
        deadline = now if now < self._given_up_until else now + LATE_RESULT

        async def attempt_in_turn() -> bool:
            return not self.failures_first and await attempt()

        stored = await _until_stored(attempt_in_turn, _growing_pauses(), lambda: deadline)
        if not stored:
            self._given_up_until = time.monotonic() + QUIET
        return stored


async def _until_stored(
    attempt: Callable[[], Awaitable[bool]], pauses: Iterable[float], deadline: Callable[[], float]
) -> bool:
    """Call `attempt` until it returns True, at least once and not after the deadline; returns whether it did.

    `deadline` is asked before each of the pauses, as it may move while others are stored.
    """
    for pause in pauses:
        if await attempt():
            return True
        if time.monotonic() + pause > deadline():
            break
        await asyncio.sleep(pause)
    return False


def _growing_pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(LONGEST_PAUSE, pause * 2)
