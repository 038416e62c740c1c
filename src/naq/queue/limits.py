"""Limits on the jobs stream, at which the server drops the oldest jobs without an error.

The library sets no limits. If an operator has set some, a job is refused before older jobs are dropped. The server
cannot be configured to refuse messages of a stream with schedules, so each publishing process reads the stream's state
now and then, and counts the messages that it has sent since. Messages that other processes or schedules publish between
two reads are not counted; some room is reserved for them.
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

# Seconds between two reads of the stream's state while jobs are published, and the time limit of a read.
LOOK_EVERY: Final = 1.0
LOOK_TIMEOUT: Final = 1.0
# The share of a limit that may be used, and the share of the rest of it that may be published until the next read.
USABLE: Final = 0.9
BETWEEN_LOOKS: Final = 0.125
# Bytes of a message besides its payload: subject, message id, names of headers, and the overhead of the store.
FRAME: Final = 400
WITHOUT_LIMIT: Final = float("inf")


class Limit(NamedTuple):
    """A limit of a stream by its name in the server's configuration; `max_age` is in seconds."""

    name: str
    value: float


def limits_of(config: StreamConfig) -> list[Limit]:
    """Return the limits of a stream at which the server drops messages."""
    names = ("max_bytes", "max_msgs", "max_msgs_per_subject", "max_age")
    found = ((name, getattr(config, name)) for name in names)
    return [Limit(name, value) for name, value in found if value is not None and value > 0]


def warning_of(config: StreamConfig) -> str | None:
    """Return a warning about the limits of the jobs stream, None if it has no limits."""
    limits = limits_of(config)
    if not limits:
        return None
    listed = ", ".join(f"{limit.name}={limit.value:g}" for limit in limits)
    return (
        f"stream {config.name} has limits ({listed}), at which the server drops the oldest jobs; enqueueing is refused "
        f"near them where that is possible. Remove them (nats stream edit {config.name}) and limit the account instead"
    )


def size_of(payload: bytes, headers: dict[str, str]) -> int:
    """Return the size of a message as a `Guard` counts it, without `FRAME`, which includes the message id."""
    return len(payload) + sum(map(len, headers.values())) if len(headers) > 1 else len(payload)


class Room(NamedTuple):
    """A size in a store: bytes, frames included, and messages."""

    bytes: float
    messages: float


class Guard:
    """Decides whether a message can be published without the server dropping older ones. One for each connection.

    An admitted message counts until its answer has come, as the stream's state may not include it before. Callers call
    `answered` when the answer has come, or will not come.
    """

    def __init__(self, stream: str) -> None:
        self._stream = stream
        # The highest sequence number of the stream that was read, 0 if unknown.
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
        """Return whether a message can be published without reading the stream's state; if so, count the message."""
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

    def _reserve(self, needed: Room) -> bool:
        """Return whether the room at the last read is enough, and reserve the needed room in that case."""
        if needed.bytes > self._bytes or needed.messages > self._messages:
            return False
        self._bytes -= needed.bytes
        self._messages -= needed.messages
        return True

    def answered(self, size: int, messages: int = 1) -> None:
        """Note that admitted messages, of `size` bytes together, have their answers or will have none."""
        self._answered_bytes += size + FRAME * messages
        self._answered_messages += messages

    async def refusal(self, connection: Client, subject: str, sizes: list[int]) -> str | None:
        """Return why messages of these sizes cannot all be published to a subject; None when they are admitted.

        A stream that is missing, or that this user may not read, counts as one without limits. Raises nats-py's
        TimeoutError when a stream with limits cannot be read and the messages need more room than the last read found.
        """
        if len(sizes) == 1 and self.admits(sizes[0]):
            return None
        async with self._lock:
            # Another call may have read the state meanwhile.
            if len(sizes) == 1 and self.admits(sizes[0]):
                return None
            needed = Room(sum(sizes) + FRAME * len(sizes), len(sizes))
            answered_bytes, answered_messages = self._answered_bytes, self._answered_messages
            try:
                info = await self._read_state(connection, subject)
            except (nats.errors.Error, OSError) as error:
                logger.debug("the state of stream %s cannot be read: %r", self._stream, error)
                if self._limited and not self._reserve(needed):
                    raise nats.errors.TimeoutError from error
                info = None
            else:
                self._limited = self._limited and info is not None
            if info is not None:
                # Messages that had no answer when the read began, and those that were admitted since.
                unseen = Room(self._admitted_bytes - answered_bytes, self._admitted_messages - answered_messages)
                reason = self._judge(info, subject, needed, unseen)
                if reason is not None:
                    return reason
            self._admitted_bytes += needed.bytes
            self._admitted_messages += needed.messages
            return None

    async def _read_state(self, connection: Client, subject: str) -> StreamInfo | None:
        """Return the stream and its state; None when it is missing or this user may not read it.

        Raises nats-py's other errors. Raises TimeoutError at once when another read has failed just before, so that
        many callers do not wait for a silent server one after the other.
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
            # The stream is made when the message is published, without limits.
            info = None
            self.reached = 0
        except PermissionDenied as denied:
            logger.info("limits of stream %s are not observed: %s", self._stream, denied)
            self._next_look = WITHOUT_LIMIT
            return None
        except BaseException:
            self._blind_until = self._loop.time() + LOOK_EVERY
            raise
        finally:
            self._next_look = max(self._next_look, self._loop.time() + LOOK_EVERY)
        return info

    def _judge(self, info: StreamInfo, subject: str, needed: Room, unseen: Room) -> str | None:
        limits = {limit.name: limit.value for limit in limits_of(info.config)}
        state = info.state
        bytes_left = limits.get("max_bytes", WITHOUT_LIMIT) * USABLE - state.bytes - unseen.bytes
        messages_left = limits.get("max_msgs", WITHOUT_LIMIT) * USABLE - state.messages - unseen.messages
        on_subject = (state.subjects or {}).get(subject, 0)
        subject_left = limits.get("max_msgs_per_subject", WITHOUT_LIMIT) * USABLE - on_subject - unseen.messages
        self._limited = min(bytes_left, messages_left, subject_left) < WITHOUT_LIMIT
        if needed.bytes > bytes_left or needed.messages > min(messages_left, subject_left):
            self._bytes = self._messages = 0.0
            listed = ", ".join(f"{name}={value:g}" for name, value in limits.items())
            return f"stream {self._stream} is near its limit ({listed}), at which the server drops the oldest jobs"
        self._bytes = (bytes_left - needed.bytes) * BETWEEN_LOOKS
        # With a limit per subject, the room is known for this subject only, so the state is read for every message.
        by_subject = 0.0 if subject_left < WITHOUT_LIMIT else WITHOUT_LIMIT
        self._messages = min((messages_left - needed.messages) * BETWEEN_LOOKS, by_subject)
        return None


def guard_of(connection: Client, stream: str) -> Guard | None:
    """Return the guard that is kept with a leased connection; None for another connection."""
    leased = kept_with(connection)
    if leased is None:
        return None
    kept = leased[1]
    guard: Guard | None = kept.get((Guard, stream))
    if guard is None:
        guard = kept[Guard, stream] = Guard(stream)
    return guard


class Admissions:
    """The admitted messages of one caller: `with Admissions(guard) as admitted`. Without a guard, all are admitted.

    The end of the block releases the room of messages that have no answer by then.
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
        """Return whether a message can be published without reading the stream's state, see `Guard.admits`."""
        if self._guard is not None:
            if not self._guard.admits(size):
                return False
            self._bytes += size
            self._messages += 1
        return True

    @property
    def reached(self) -> int:
        """A sequence number that the stream has reached, 0 if unknown."""
        return self._guard.reached if self._guard is not None else 0

    async def refusal(self, connection: Client, subject: str, sizes: list[int]) -> str | None:
        """Return why messages cannot all be published, None when they are admitted; see `Guard.refusal`."""
        if self._guard is None:
            return None
        reason = await self._guard.refusal(connection, subject, sizes)
        if reason is None:
            self._bytes += sum(sizes)
            self._messages += len(sizes)
        return reason

    def answered(self, size: int) -> None:
        """Note that an admitted message of `size` bytes has its answer or will have none."""
        if self._guard is not None:
            self._bytes -= size
            self._messages -= 1
            self._guard.answered(size)
