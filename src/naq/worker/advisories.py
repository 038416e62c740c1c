"""Moving jobs that the server no longer delivers from the work queue to the failed store.

After `max_deliver` deliveries a message stays in the stream, but no worker receives it any more. The server reports
this in an advisory, which the jobs stream keeps until it is handled here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import BadRequestError, NotFoundError

from naq.config import Config
from naq.connection.headers import stored_headers
from naq.errors import DeserializationError
from naq.job import Job
from naq.queue.failures import FailureDetails, move_failure
from naq.queue.fetch import give_back
from naq.queue.full_store import Scarcity
from naq.queue.message import job_in
from naq.queue.pipeline import Pipeline
from naq.queue.stored_messages import delete_message
from naq.queue.streams import ADVISORY_CONSUMER, names
from naq.worker.pull import Puller

logger = logging.getLogger(__name__)

AT_ONCE = 10


class Advisory(msgspec.Struct, frozen=True):
    """The needed fields of the server's advisory about a message that it no longer delivers."""

    stream_seq: int
    deliveries: int = 0


class AdvisoryHandler:
    """Handles advisories, one at a time."""

    def __init__(
        self, connection: Client, js: JetStreamContext, pipeline: Pipeline, config: Config, scarcity: Scarcity
    ) -> None:
        self._connection = connection
        self._js = js
        self._pipeline = pipeline
        self._config = config
        self._scarcity = scarcity
        self._names = names(config)
        self._arrived: asyncio.Queue[Msg] = asyncio.Queue()

    def puller(self, repair: Callable[[], Awaitable[Any]]) -> Puller:
        """Return a puller of advisories, which calls `repair` when their consumer is missing."""
        return Puller(
            self._connection, self._names.jobs, ADVISORY_CONSUMER, room=self.room, deliver=self.take, repair=repair
        )

    def room(self) -> int:
        """Return how many more advisories may be pulled."""
        return AT_ONCE - self._arrived.qsize()

    def take(self, msg: Msg) -> None:
        """Add an advisory to those that wait."""
        self._arrived.put_nowait(msg)

    async def run(self) -> None:
        """Handle advisories until cancelled."""
        while True:
            msg = await self._arrived.get()
            try:
                await self._handle(msg)
            except (nats.errors.Error, OSError) as error:
                logger.warning("a job that is no longer delivered is not in the failed store yet: %r", error)
                await give_back(msg, self._config.queue.retry_delay)

    async def _handle(self, msg: Msg) -> None:
        try:
            advisory = msgspec.json.decode(msg.data, type=Advisory)
        except msgspec.MsgspecError as error:
            logger.error("an advisory that cannot be decoded is dropped: %s", error)
            await msg.term()
            return
        await self._move_job(advisory)
        await self._pipeline.request(msg.reply, b"", timeout=self._config.queue.publish_timeout)

    async def _move_job(self, advisory: Advisory) -> None:
        try:
            raw = await self._js.get_msg(self._names.jobs, advisory.stream_seq)
        except (NotFoundError, BadRequestError):
            # The job was acknowledged meanwhile, or moved by another worker; or the number is not that of a message.
            return
        details = self._details(raw, advisory)
        await move_failure(
            self._connection,
            self._js,
            self._config,
            details,
            raw.data or b"",
            lambda: self._delete(advisory.stream_seq),
            self._scarcity,
        )
        logger.error("message %d of queue %s: %s", advisory.stream_seq, details.queue, details.error)

    async def _delete(self, seq: int) -> None:
        if not await delete_message(self._js, self._names.jobs, seq):
            logger.debug("message %d was deleted already", seq)

    def _details(self, raw: RawStreamMsg, advisory: Advisory) -> FailureDetails:
        known: dict[str, Any] = {}
        job = self._job(raw, advisory.stream_seq)
        if job is not None:
            known = {"job_id": job.id, "function": job.function}
        return FailureDetails(
            kind="undelivered",
            error=f"the server gave up after {advisory.deliveries} deliveries (worker.max_deliver)",
            queue=self._names.queue_of(raw.subject or ""),
            deliveries=advisory.deliveries,
            seq=advisory.stream_seq,
            **known,
        )

    def _job(self, raw: RawStreamMsg, seq: int) -> Job | None:
        try:
            return job_in(raw.data or b"", stored_headers(raw), seq, self._config.serializer)
        except DeserializationError:
            return None
