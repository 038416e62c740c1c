"""Limits on the jobs stream: at a limit the server drops the oldest jobs, and says nothing.

The library sets none. Where an operator or an account has set some, a job is refused before older ones are dropped: the
server cannot be told to do so for a stream with schedules, so whoever publishes looks at the stream now and then, and
counts what this process has on its way. What other processes publish between two looks is not seen, and neither is what
schedules release: room is kept for that.
"""

import asyncio
import logging
from typing import Final, NamedTuple, Self

import nats.errors
from nats.aio.client import Client
from nats.js.api import StreamConfig, StreamInfo
from nats.js.errors import NotFoundError

from naq.connection import jetstream_context
from naq.connection.lease import kept_with
from naq.errors import PermissionDenied

logger = logging.getLogger(__name__)

# Seconds between two looks at the stream while jobs are published, and for one look.
LOOK_EVERY: Final = 1.0
LOOK_TIMEOUT: Final = 1.0
# Of a limit, what may be used; and of what is left of that, what may be published until the next look.
USABLE: Final = 0.9
BETWEEN_LOOKS: Final = 0.125
# Bytes of a message beside its payload: subject, message id, names of headers, and what the store adds.
FRAME: Final = 400
WITHOUT_LIMIT: Final = float("inf")


class Limit(NamedTuple):
    """A limit of a stream by its name in the server's configuration; `max_age` is in seconds."""

    name: str
    value: float


def limits_of(config: StreamConfig) -> list[Limit]:
    """The limits of a stream at which the server drops messages."""
    names = ("max_bytes", "max_msgs", "max_msgs_per_subject", "max_age")
    found = ((name, getattr(config, name)) for name in names)
    return [Limit(name, value) for name, value in found if value is not None and value > 0]


def warning_of(config: StreamConfig) -> str | None:
    """Return a description of what the limits of the jobs stream mean, None if it has no limits."""
    limits = limits_of(config)
    if not limits:
        return None
    listed = ", ".join(f"{one.name}={one.value:g}" for one in limits)
    return (
        f"stream {config.name} has limits ({listed}), at which the server drops the oldest jobs; enqueueing is refused "
        f"near them where that is possible. Remove them (nats stream edit {config.name}) and limit the account instead"
    )


def size_of(payload: bytes, headers: dict[str, str]) -> int:
    """The size of a message as a `Guard` counts it, without its frame; the message id is part of that."""
    return len(payload) + sum(map(len, headers.values())) if len(headers) > 1 else len(payload)


class Room(NamedTuple):
    """A size in a store: bytes, frames included, and messages."""

    bytes: float
    messages: float


class Guard:
    """Says of each message whether it can be published without the server dropping older ones. One per connection.

    An admitted message counts until its answer has come: before that, the stream's state may not hold it yet. Callers
    report the answer, or that none will come, with `answered`.
    """

    def __init__(self, stream: str) -> None:
        self._stream = stream
        # The last number that the stream was seen to have given to a message; 0 where nothing is known.
        self.reached = 0
        self._loop = asyncio.get_running_loop()
        self._lock = asyncio.Lock()
        self._next_look = self._blind_until = 0.0
        self._limited = False
        self._bytes = self._messages = WITHOUT_LIMIT
        # Totals since the guard was made.
        self._admitted_bytes = self._admitted_messages = 0.0
        self._answered_bytes = self._answered_messages = 0.0

    def admits(self, size: int) -> bool:
        """Whether a message can be published without a look at the stream; then it is counted."""
        if self._loop.time() >= self._next_look:
            return False
        if self._limited:
            if size + FRAME > self._bytes or self._messages < 1:
                return False
            self._bytes -= size + FRAME
            self._messages -= 1
        self._admitted_bytes += size + FRAME
        self._admitted_messages += 1
        return True

    def _takes(self, needed: Room) -> bool:
        """Whether what the last look has found has room left; then the room is taken."""
        if needed.bytes > self._bytes or needed.messages > self._messages:
            return False
        self._bytes -= needed.bytes
        self._messages -= needed.messages
        return True

    def answered(self, size: int, messages: int = 1) -> None:
        """Admitted messages, of `size` bytes together, have their answer, or will have none."""
        self._answered_bytes += size + FRAME * messages
        self._answered_messages += messages

    async def refusal(self, connection: Client, subject: str, sizes: list[int]) -> str | None:
        """Why messages of these sizes cannot be published to a subject, all or none; None when they are admitted.

        A stream that may not be looked at, or is missing, has no limits. Raises nats-py's TimeoutError where a stream
        of which limits are known cannot be looked at, and the messages need more room than the last look has found.
        """
        if len(sizes) == 1 and self.admits(sizes[0]):
            return None
        async with self._lock:
            # Another look may have ended meanwhile.
            if len(sizes) == 1 and self.admits(sizes[0]):
                return None
            needed = Room(sum(sizes) + FRAME * len(sizes), len(sizes))
            answered_bytes, answered_messages = self._answered_bytes, self._answered_messages
            try:
                info = await self._look(connection, subject)
            except (nats.errors.Error, OSError) as error:
                logger.debug("stream %s is not looked at: %r", self._stream, error)
                if self._limited and not self._takes(needed):
                    raise nats.errors.TimeoutError from error
                info = None
            else:
                self._limited = self._limited and info is not None
            if info is not None:
                # What had no answer when the look began, and what was admitted since.
                unseen = Room(self._admitted_bytes - answered_bytes, self._admitted_messages - answered_messages)
                reason = self._judge(info, subject, needed, unseen)
                if reason is not None:
                    return reason
            self._admitted_bytes += needed.bytes
            self._admitted_messages += needed.messages
            return None

    async def _look(self, connection: Client, subject: str) -> StreamInfo | None:
        """Return the stream and its state, None where it has no limits to be heeded; meanwhile the old numbers hold.

        Raises what the look raises, but for a stream that is missing and a look that is not permitted; and TimeoutError
        at once where another look has failed just before, so that many do not wait for a silent server in a row.
        """
        if self._loop.time() < self._blind_until:
            raise TimeoutError
        if self._next_look:
            self._next_look = self._loop.time() + LOOK_EVERY
        try:
            async with asyncio.timeout(LOOK_TIMEOUT), jetstream_context(connection) as js:
                info = await js.stream_info(self._stream)
                self.reached = info.state.last_seq
                if info.config.max_msgs_per_subject and info.config.max_msgs_per_subject > 0:
                    info = await js.stream_info(self._stream, subjects_filter=subject)
        except NotFoundError:
            # It is made when the message is published, without limits.
            info = None
            self.reached = 0
        except PermissionDenied as denied:
            logger.info("limits of stream %s are not heeded: %s", self._stream, denied)
            self._next_look = WITHOUT_LIMIT
            return None
        except BaseException:
            self._blind_until = self._loop.time() + LOOK_EVERY
            raise
        finally:
            self._next_look = max(self._next_look, self._loop.time() + LOOK_EVERY)
        return info

    def _judge(self, info: StreamInfo, subject: str, needed: Room, unseen: Room) -> str | None:
        limits = {one.name: one.value for one in limits_of(info.config)}
        state = info.state
        bytes_left = limits.get("max_bytes", WITHOUT_LIMIT) * USABLE - state.bytes - unseen.bytes
        messages_left = limits.get("max_msgs", WITHOUT_LIMIT) * USABLE - state.messages - unseen.messages
        there = (state.subjects or {}).get(subject, 0)
        subject_left = limits.get("max_msgs_per_subject", WITHOUT_LIMIT) * USABLE - there - unseen.messages
        self._limited = min(bytes_left, messages_left, subject_left) < WITHOUT_LIMIT
        if needed.bytes > bytes_left or needed.messages > min(messages_left, subject_left):
            self._bytes = self._messages = 0.0
            listed = ", ".join(f"{name}={value:g}" for name, value in limits.items())
            return f"stream {self._stream} is near its limit ({listed}), at which the server drops the oldest jobs"
        self._bytes = (bytes_left - needed.bytes) * BETWEEN_LOOKS
        # Of a limit for each subject, what is left is known for this one only: every message is looked at.
        by_subject = 0.0 if subject_left < WITHOUT_LIMIT else WITHOUT_LIMIT
        self._messages = min((messages_left - needed.messages) * BETWEEN_LOOKS, by_subject)
        return None


def guard_of(connection: Client, stream: str) -> Guard | None:
    """The guard that is kept with a leased connection; None of another connection."""
    leased = kept_with(connection)
    if leased is None:
        return None
    beside = leased[1]
    guard: Guard | None = beside.get((Guard, stream))
    if guard is None:
        guard = beside[Guard, stream] = Guard(stream)
    return guard


class Admissions:
    """What one caller has on its way: `with Admissions(guard) as admitted`. `guard` is None where no limit is heeded.

    The end of the block gives back the room of messages that have no answer then.
    """

    def __init__(self, guard: Guard | None) -> None:
        self._guard = guard
        self._bytes = self._messages = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._guard is not None and self._messages:
            self._guard.answered(self._bytes, self._messages)

    def admits(self, size: int) -> bool:
        """Whether a message can be published without a look at the stream, see `Guard.admits`."""
        if self._guard is not None:
            if not self._guard.admits(size):
                return False
            self._bytes += size
            self._messages += 1
        return True

    @property
    def reached(self) -> int:
        """A number that the stream has reached, 0 where nothing is known."""
        return self._guard.reached if self._guard is not None else 0

    async def refusal(self, connection: Client, subject: str, sizes: list[int]) -> str | None:
        """Why messages cannot be published, all or none; see `Guard.refusal`."""
        if self._guard is None:
            return None
        reason = await self._guard.refusal(connection, subject, sizes)
        if reason is None:
            self._bytes += sum(sizes)
            self._messages += len(sizes)
        return reason

    def answered(self, size: int) -> None:
        """An admitted message of `size` bytes has its answer, or will have none."""
        if self._guard is not None:
            self._bytes -= size
            self._messages -= 1
            self._guard.answered(size)
