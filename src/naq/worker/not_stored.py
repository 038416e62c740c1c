"""Why a record of a job is not stored, and what helps: another try, a pause, or making the buckets again."""

import asyncio
import logging
from typing import Final

import nats.errors
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError

from naq.config import Config
from naq.errors import NaqError
from naq.queue.streams import ensure_buckets

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 3
# How often a record is read again after a conflict. A replica may return an old revision for a moment.
MOST_CONFLICTS: Final = 10
FIRST_PAUSE: Final = 0.01

# Error code for a time to live in a bucket that does not allow it.
TTL_DISABLED: Final = 10166
# Errors of a publish to a missing bucket: the server does not report a missing stream when there are subscribers.
UNANSWERED: Final = (NoStreamResponseError, nats.errors.TimeoutError)


class NotStored(NaqError):
    """An outcome or a state could not be stored."""


class Unfit(NotStored):
    """The server will never accept the outcome."""


class NoRoom(NotStored):
    """The outcome was refused because a store is full."""


async def after_conflict(conflicts: int, what: str) -> int:
    """Pause before a record is written again, longer after each conflict; returns the new number of conflicts.

    Raises `NotStored` after too many conflicts.
    """
    if conflicts + 1 >= MOST_CONFLICTS:
        raise NotStored(f"{what} could not be stored: other workers have written it {MOST_CONFLICTS} times")
    if conflicts:
        await asyncio.sleep(FIRST_PAUSE * 2**conflicts)
    return conflicts + 1


async def make_buckets_again(js: JetStreamContext, config: Config) -> None:
    """Create the buckets again if they were deleted, or if the server has restarted with an empty store."""
    try:
        await ensure_buckets(js, config)
    except (nats.errors.Error, OSError) as error:
        logger.warning("the buckets cannot be created again: %r", error)
