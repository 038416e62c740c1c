"""Many jobs at once.

One connection serves a whole batch, and the publishes are in flight together: on a slow link a batch of a
hundred jobs takes about as long as one.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence

import nats.errors
from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from naq.job import Job
from nats.aio.client import Client
from nats.js import JetStreamContext

from .core import consumer_for, stream_for

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT = 500


async def _shut(nc: Client) -> None:
    """Send what is still buffered, then close, whether or not the flush came through."""
    try:
        await nc.flush(timeout=5)
    except nats.errors.Error as error:
        logger.warning("flush before closing: %s", error)
    finally:
        await close_nats_connection(nc)


class BatchQueue:
    """Batch operations on one queue."""

    def __init__(self, nats_url: str, name: str = "default") -> None:
        self.nats_url = nats_url
        self.name = name
        self.subject = stream_for(name)
        self.consumer_name = consumer_for(name)

    async def enqueue_batch(self, jobs: Sequence[Job]) -> dict[str, bool]:
        """Publish all jobs; says for each job id whether the server has stored it."""
        stored: dict[str, bool] = {}
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            for start in range(0, len(jobs), MAX_IN_FLIGHT):
                part = jobs[start : start + MAX_IN_FLIGHT]
                acks = await asyncio.gather(*(self._publish(js, job) for job in part), return_exceptions=True)
                for job, ack in zip(part, acks):
                    stored[job.id] = not isinstance(ack, BaseException)
            info = await js.stream_info(self.subject)
            await nc.publish("naq.batches", f"{self.name} {len(jobs)} {info.state.messages}".encode())
            await nc.flush()
        finally:
            await close_nats_connection(nc)
        return stored

    async def enqueue_to_queues(self, jobs: Mapping[str, Sequence[Job]]) -> int:
        """Spread jobs over several queues, given by name; returns how many were stored."""
        count = 0
        for name, batch in jobs.items():
            nc = await get_nats_connection(self.nats_url)
            js = await get_jetstream_context(nc)
            for job in batch:
                await js.publish(stream_for(name), job.serialize(), headers={"Nats-Msg-Id": job.id})
                count += 1
            await close_nats_connection(nc)
        return count

    async def dequeue_batch(self, size: int = 100, timeout: float = 1.0) -> list[Job]:
        """Take up to `size` jobs, as many as come within `timeout` seconds."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            subscription = await js.pull_subscribe(self.subject, self.consumer_name)
            messages = await subscription.fetch(size, timeout=timeout)
            jobs = [Job.deserialize(msg.data) for msg in messages]
            for msg in messages:
                await msg.ack_sync()
            return jobs
        except TimeoutError:  # fetch raises nats-py's own, or Python's
            return []
        finally:
            await _shut(nc)

    async def open(self) -> tuple[Client, JetStreamContext]:
        """A connection for a caller with many batches; it is the caller's to close."""
        nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(nc)
        logger.debug("connection %s opened for batches of queue %s", nc.client_id, self.name)
        return nc, js

    async def enqueue_stream(self, jobs: AsyncIterator[Job]) -> int:
        """Enqueue jobs as they come, for as long as they come."""
        nc, js = await self.open()
        count = 0
        try:
            async for job in jobs:
                await self._publish(js, job)
                count += 1
        finally:
            await _shut(nc)
        return count

    async def move_to(self, target_url: str, limit: int = 1000) -> int:
        """Move waiting jobs to the queue of the same name on another server."""
        source = await get_nats_connection(self.nats_url)
        target = await get_nats_connection(target_url)
        moved = 0
        try:
            subscription = await source.jetstream().pull_subscribe(self.subject, self.consumer_name)
            sink = target.jetstream()
            while moved < limit:
                for msg in await subscription.fetch(min(100, limit - moved), timeout=1):
                    await sink.publish(self.subject, msg.data, headers=msg.headers)
                    await msg.ack_sync()
                    moved += 1
        except TimeoutError:  # fetch raises nats-py's own, or Python's
            logger.info("queue %s is empty, %d jobs moved", self.name, moved)
        finally:
            await close_nats_connection(source)
            await close_nats_connection(target)
        return moved

    async def _publish(self, js: JetStreamContext, job: Job) -> None:
        await js.publish(self.subject, job.serialize(), headers={"Nats-Msg-Id": job.id})
