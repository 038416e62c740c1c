"""A full store: how long an outcome is tried again that finds no room, and what the log says of it.

Knows times and words, not what is stored.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

logger = logging.getLogger(__name__)

# Seconds for which an outcome is tried again when its message is settled, and has made room: a result can be had from
# another run, a failed job is nowhere else.
LATE_RESULT: Final = 1.0
LATE_FAILURE: Final = 30.0
# Seconds in which a full store is not news and outcomes are stored small, and results are not waited for after one was
# given up.
QUIET: Final = 5.0
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0


class Scarcity:
    """What one worker has seen of full stores lately, and who waits for room."""

    def __init__(self) -> None:
        self._full_until = 0.0
        self._given_up_until = 0.0
        self._failures = 0

    @property
    def tight(self) -> bool:
        """Whether a store was full a moment ago: what is stored is stored small."""
        return time.monotonic() < self._full_until

    @property
    def failures_first(self) -> bool:
        """Whether a failure waits for room: results wait behind it, as a failed job is nowhere else."""
        return self._failures > 0

    def met(self, text: str) -> None:
        """A store is full. That is worth a warning once in a while, not for each job."""
        logger.log(logging.DEBUG if self.tight else logging.WARNING, "%s", text)
        self._full_until = time.monotonic() + QUIET

    async def failure_stored(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Try until a failure is stored, for `LATE_FAILURE` seconds; `attempt` says whether it is. Says the same."""
        self._failures += 1
        try:
            return await until_stored(attempt, LATE_FAILURE)
        finally:
            self._failures -= 1

    async def result_stored(self, attempt: Callable[[], Awaitable[bool]]) -> bool:
        """Try until a result is stored, for `LATE_RESULT` seconds; only once when one was given up a moment ago."""
        limit = 0.0 if time.monotonic() < self._given_up_until else LATE_RESULT

        async def attempt_in_turn() -> bool:
            return not self.failures_first and await attempt()

        stored = await until_stored(attempt_in_turn, limit)
        if not stored:
            self._given_up_until = time.monotonic() + QUIET
        return stored


async def until_stored(attempt: Callable[[], Awaitable[bool]], limit: float) -> bool:
    """Try with pauses for `limit` seconds, at least once; says whether an attempt has stored what it was to store."""
    deadline = time.monotonic() + limit
    pause = FIRST_PAUSE
    while not await attempt():
        if time.monotonic() + pause > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 2)
    return True
