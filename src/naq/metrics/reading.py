"""Reading the sizes of queues and streams from the server, for metrics."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import nats.errors
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.connection.subjects import subject_counts
from naq.errors import NaqError, PermissionDenied
from naq.queue.streams import names

logger = logging.getLogger(__name__)

# Seconds for all reads of one scrape, and for which what was read is used again.
LIMIT: Final = 2.0
FRESH: Final = 1.0


@dataclass(frozen=True, slots=True)
class QueueSize:
    """The jobs of a queue: `waiting` for a worker, `taken` by one or waiting for a retry, `failed` for good."""

    waiting: int
    taken: int
    failed: int


@dataclass(frozen=True, slots=True)
class StreamSize:
    """The size of a stream in bytes and messages, and its limit in bytes, 0 for none."""

    bytes: int
    messages: int
    limit: int


@dataclass(frozen=True, slots=True)
class AccountSize:
    """The bytes of files in an account, and their limit, 0 for none."""

    bytes: int
    limit: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the server has; `account` is None when this user may not read it."""

    queues: dict[str, QueueSize]
    streams: dict[str, StreamSize]
    account: AccountSize | None


class Reader:
    """Reads sizes on the worker's event loop for other threads. Made on that loop."""

    def __init__(self, config: Config, queues: Sequence[str]) -> None:
        self._config = config
        self._queues = queues
        self._loop = asyncio.get_running_loop()
        self._lock = asyncio.Lock()
        self._last: Sizes | None = None
        self._read_at = float("-inf")
        self._may_read_account = True

    def sizes(self) -> Sizes | None:
        """Return the sizes; None when the server or the event loop does not answer. Blocks: call it in a thread."""
        if self._loop.is_closed():
            return None
        reading = asyncio.run_coroutine_threadsafe(self._within_limit(), self._loop)
        try:
            return reading.result(2 * LIMIT)
        except TimeoutError:
            reading.cancel()
            return None

    async def _within_limit(self) -> Sizes | None:
        try:
            async with asyncio.timeout(LIMIT), self._lock:
                if time.monotonic() - self._read_at >= FRESH:
                    self._last = await self._read()
                    self._read_at = time.monotonic()
                return self._last
        except (nats.errors.Error, NaqError, OSError) as error:
            logger.debug("the sizes of queues cannot be read: %r", error)
            return None

    async def _read(self) -> Sizes:
        where = names(self._config)
        async with nats_jetstream(self._config) as (_, js):
            streams = (where.jobs, where.failed, f"KV_{where.results}", f"KV_{where.states}")
            failed, levels, account, pending, sizes = await asyncio.gather(
                _counts(js, where.failed, where.failed_queue("*")),
                _counts(js, where.jobs, where.levels("*")),
                self._account(js),
                asyncio.gather(*(_pending(js, where.jobs, where.consumer(queue)) for queue in self._queues)),
                asyncio.gather(*(_stream(js, stream) for stream in streams)),
            )
            # Jobs with another priority than "normal" have separate consumers.
            chosen = [(where.queue_of(subject), where.priority_of(subject)) for subject in levels]
            chosen = [one for one in chosen if one[0] in self._queues]
            others = await asyncio.gather(*(_pending(js, where.jobs, where.consumer(*one)) for one in chosen))
        queues: dict[str, QueueSize] = {}
        for queue, own in zip(self._queues, pending, strict=True):
            parts = [own, *(part for (name, _), part in zip(chosen, others, strict=True) if name == queue)]
            waiting, taken = (sum(numbers) for numbers in zip(*parts, strict=True))
            queues[queue] = QueueSize(waiting, taken, failed.get(where.failed_queue(queue), 0))
        return Sizes(queues, {name: size for name, size in zip(streams, sizes, strict=True) if size}, account)

    async def _account(self, js: JetStreamContext) -> AccountSize | None:
        if not self._may_read_account:
            return None
        try:
            info = await js.account_info()
        except PermissionDenied:
            # Asked once: the server logs each request that it denies.
            self._may_read_account = False
            return None
        return AccountSize(info.storage, max(0, info.limits.max_storage))


async def _counts(js: JetStreamContext, stream: str, pattern: str) -> dict[str, int]:
    try:
        return await subject_counts(js, stream, pattern)
    except NotFoundError:
        return {}


async def _pending(js: JetStreamContext, stream: str, consumer: str) -> tuple[int, int]:
    """Return the numbers of messages that a consumer has not delivered, and that it has delivered and that are open."""
    try:
        info = await js.consumer_info(stream, consumer)
    except NotFoundError:
        return 0, 0
    return info.num_pending or 0, info.num_ack_pending or 0


async def _stream(js: JetStreamContext, stream: str) -> StreamSize | None:
    try:
        info = await js.stream_info(stream)
    except NotFoundError:
        return None
    return StreamSize(info.state.bytes, info.state.messages, max(0, info.config.max_bytes or 0))
