"""Events of jobs, which queues and workers publish if the configuration enables them (`events.enabled`).

An event of a job is of type `job.{kind}`. It is published without waiting for the server, received by present
subscribers, and kept by the stream of events. A job never fails because an event could not be sent: exceptions of a
sink are only logged.
"""

import asyncio
import logging
import time
from typing import Any, Final, Literal, Protocol, TypeAlias

from nats.js import JetStreamContext

from naq.config import Config
from naq.connection import nats_jetstream
from naq.events.event import Subjects, encode_data
from naq.events.stream import ensure_events
from naq.job import Job

logger = logging.getLogger(__name__)

Kind: TypeAlias = Literal["enqueued", "scheduled", "started", "completed", "retried", "failed", "cancelled"]
KINDS: Final[tuple[Kind, ...]] = ("enqueued", "scheduled", "started", "completed", "retried", "failed", "cancelled")

# Seconds between two tries to make the stream, so that a stream that cannot be made does not delay every job.
PAUSE: Final = 30.0


class LifecycleSink(Protocol):
    """Receives events of jobs; `data` depends on the kind: worker, delay, failures, error, reason, timing, ran."""

    async def emit(self, kind: Kind, job: Job, **data: object) -> None: ...


class LifecycleEvents:
    """A sink that publishes events: JSON objects with job_id, function, queue, at (seconds since 1970) and data."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._subjects = Subjects.of(config)
        # The connection's count of reconnects when the stream was made: a server may come back with an empty store.
        self._made_at: int | None = None
        self._next_try = 0.0
        self._making: asyncio.Future[None] | None = None

    async def emit(self, kind: Kind, job: Job, **data: object) -> None:
        """Publish one event. Raises `ConnectFailed` and nats-py's errors."""
        content: dict[str, Any] = {
            "job_id": job.id,
            "function": job.function,
            "queue": job.queue,
            "at": time.time(),
            **data,
        }
        payload = encode_data(f"job.{kind}", content)
        async with nats_jetstream(self._config) as (conn, js):
            reconnects = conn.stats["reconnects"]
            if self._made_at != reconnects:
                await self._make_stream(js, reconnects)
            await conn.publish(self._subjects.kept(f"job.{kind}"), payload)

    async def _make_stream(self, js: JetStreamContext, reconnects: int) -> None:
        """Make the stream, once for concurrent events; after a failure, not again for `PAUSE` seconds."""
        making = self._making
        if making is not None and making.get_loop() is asyncio.get_running_loop():
            await asyncio.wait((making,))
        elif time.monotonic() >= self._next_try:
            self._next_try = time.monotonic() + PAUSE
            made = self._making = asyncio.get_running_loop().create_future()
            try:
                await ensure_events(js, self._config)
                self._made_at = reconnects
                self._next_try = 0.0
            finally:
                self._making = None
                made.set_result(None)


def lifecycle_sink(config: Config) -> LifecycleSink | None:
    """Return the sink for a configuration; None when it does not enable events."""
    return LifecycleEvents(config) if config.events.enabled else None


async def emit(sink: LifecycleSink | None, kind: Kind, job: Job, **data: object) -> None:
    """Send an event if there is a sink; an exception of the sink is only logged."""
    if sink is None:
        return
    try:
        await sink.emit(kind, job, **data)
    # A sink may raise any exception, and the job must not fail because of an event.
    except Exception as error:
        logger.warning("event %s of job %s was not sent: %s: %s", kind, job.id, type(error).__name__, error)
