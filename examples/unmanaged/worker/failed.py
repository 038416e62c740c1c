"""Jobs that failed for good.

They are kept in a separate stream, each with its reason in the message headers, until an operator looks
at them, puts them back on their queue or throws them away.
"""

import asyncio
import logging
import time
from dataclasses import dataclass

import nats
import nats.js.errors
from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from naq.job import Job
from nats.aio.client import Client
from nats.js.api import RawStreamMsg, StreamConfig

from ..queue.core import stream_for

logger = logging.getLogger(__name__)

STREAM = "naq_failed"


@dataclass(frozen=True)
class FailedJob:
    """A failed job and what is known of its failure."""

    sequence: int
    job: Job
    queue: str
    error: str
    failed_at: float

    @classmethod
    def from_message(cls, message: RawStreamMsg) -> "FailedJob":
        headers = message.headers or {}
        return cls(
            sequence=message.seq or 0,
            job=Job.deserialize(message.data or b""),
            queue=headers.get("Naq-Queue", "default"),
            error=headers.get("Naq-Error", ""),
            failed_at=float(headers.get("Naq-Failed-At", "0")),
        )


class FailedJobs:
    """The failed jobs of all queues of one server."""

    def __init__(self, nats_url: str) -> None:
        self.nats_url = nats_url

    async def setup(self, max_age: float = 30 * 24 * 3600) -> None:
        """Create the stream, or bring an older one to this age limit."""
        config = StreamConfig(name=STREAM, subjects=[STREAM], max_age=max_age)
        nc: Client | None = None
        try:
            nc = await get_nats_connection(self.nats_url)
            js = await get_jetstream_context(nc)
            try:
                await js.add_stream(config)
            except nats.js.errors.BadRequestError:
                await js.update_stream(config)
        finally:
            if nc is not None:
                await close_nats_connection(nc)

    async def record(self, job: Job, queue: str, error: BaseException) -> int:
        """Store a failed job; returns its sequence number."""
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        headers = {"Naq-Queue": queue, "Naq-Error": reason, "Naq-Failed-At": str(time.time())}
        nc = await self._connect_with_retry()
        try:
            ack = await nc.jetstream().publish(STREAM, job.serialize(), headers=headers)
            return ack.seq
        finally:
            await nc.close()

    async def show(self, sequence: int) -> FailedJob | None:
        """One failed job, or None when there is none with this number."""
        nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(nc)
        try:
            message = await js.get_msg(STREAM, sequence)
        except nats.js.errors.NotFoundError:
            await close_nats_connection(nc)
            return None
        await close_nats_connection(nc)
        return FailedJob.from_message(message)

    async def list(self, limit: int = 100) -> list[FailedJob]:
        """The oldest failed jobs, at most `limit` of them."""
        jobs: list[FailedJob] = []
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            state = (await js.stream_info(STREAM)).state
            for sequence in range(state.first_seq or 1, state.last_seq + 1):
                if len(jobs) == limit:
                    break
                try:
                    jobs.append(FailedJob.from_message(await js.get_msg(STREAM, sequence)))
                except nats.js.errors.NotFoundError:
                    continue
        finally:
            await close_nats_connection(nc)
        return jobs

    async def requeue(self, sequence: int) -> bool:
        """Put a failed job back on the queue it came from."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            failed = FailedJob.from_message(await js.get_msg(STREAM, sequence))
            await js.publish(stream_for(failed.queue), failed.job.serialize())
            await js.delete_msg(STREAM, sequence)
        except nats.js.errors.NotFoundError:
            logger.warning("no failed job with number %d", sequence)
            return False
        else:
            await close_nats_connection(nc)
        return True

    async def requeue_all(self, limit: int = 100) -> int:
        """Put back the oldest failed jobs; returns how many went."""
        done = [await self.requeue(failed.sequence) for failed in await self.list(limit)]
        return sum(done)

    async def purge(self, queue: str | None = None, force: bool = False) -> int:
        """Throw away the failed jobs of a queue, or, with `force`, of all queues."""
        nc = await get_nats_connection(self.nats_url)
        if queue is None and not force:
            logger.warning("not purging the failed jobs of all queues without force")
            return 0
        try:
            js = await get_jetstream_context(nc)
            before = (await js.stream_info(STREAM)).state.messages
            if queue is None:
                await js.purge_stream(STREAM)
                return before
            doomed = [failed for failed in await self.list(before) if failed.queue == queue]
            for failed in doomed:
                await js.delete_msg(STREAM, failed.sequence)
            return len(doomed)
        finally:
            await close_nats_connection(nc)

    async def _connect_with_retry(self, attempts: int = 5) -> Client:
        """Connect through a restart of the server: what failed must not be lost on top of it."""
        for attempt in range(1, attempts):
            try:
                return await nats.connect(self.nats_url, connect_timeout=2, max_reconnect_attempts=1)
            except (OSError, nats.errors.Error) as error:
                logger.warning("attempt %d to reach %s: %s", attempt, self.nats_url, error)
                await asyncio.sleep(0.2 * 2**attempt)
        return await nats.connect(self.nats_url, connect_timeout=2, max_reconnect_attempts=1)
