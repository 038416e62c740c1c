"""Queue operations: put a job on a queue's stream, take one off it, look at what is waiting.

A queue is one work-queue stream whose only subject is the stream's own name. Every operation opens a
connection, does its work and closes the connection again, so that a queue object can be made anywhere
and needs no shutdown.
"""

import asyncio
import logging
from typing import Optional

import nats
from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from naq.errors import ConnectFailed
from naq.job import Job
from nats.js.api import RetentionPolicy, StreamConfig

logger = logging.getLogger(__name__)


def stream_for(queue: str) -> str:
    """Name of the stream, and of its subject, that holds the jobs of a queue."""
    return f"naq_{queue}"


def consumer_for(queue: str) -> str:
    """Name of the one durable consumer that all workers of a queue share."""
    return f"{queue}-workers"


async def check_connection(url: str) -> bool:
    """Say whether the server at `url` answers a ping within two seconds."""
    try:
        nc = await get_nats_connection(url)
        await nc.flush(timeout=2)
        return True
    except nats.errors.ConnectionClosedError:
        logger.warning("server at %s closed the connection", url)
        return False
    finally:
        await close_nats_connection(nc)


async def create_stream(url: str, config: StreamConfig) -> bool:
    """Create a stream; one that exists with the same configuration is left as it is."""
    try:
        nc = await get_nats_connection(url)
        js = await get_jetstream_context(nc)
        await js.add_stream(config)
        return True
    except nats.errors.StreamNotFound:
        logger.error("stream %s is mirrored from a stream that does not exist", config.name)
        return False
    except nats.errors.APIError:
        logger.exception("server refused stream %s", config.name)
        raise
    finally:
        await close_nats_connection(nc)


class Queue:
    """A named queue of jobs on one server."""

    def __init__(self, nats_url: str, name: str = "default") -> None:
        self.nats_url = nats_url
        self.name = name
        self.stream_name = stream_for(name)
        self.subject = self.stream_name
        self.consumer_name = consumer_for(name)

    async def setup(self) -> bool:
        """Create the stream behind this queue, once, before the first job."""
        config = StreamConfig(
            name=self.stream_name,
            subjects=[self.subject],
            retention=RetentionPolicy.WORK_QUEUE,
            duplicate_window=120,
        )
        return await create_stream(self.nats_url, config)

    async def enqueue(self, job: Job) -> None:
        """Put a job at the end of the queue; when this returns, the server has stored it."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            await js.publish(self.stream_name, job.serialize())
        finally:
            await close_nats_connection(nc)

    async def dequeue(self) -> Optional[Job]:
        """Take the next job, or None when there is none for a second."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            subscriber = await js.pull_subscribe(self.subject, self.consumer_name)
            msg = await subscriber.next(timeout=1.0)
            if msg:
                return Job.deserialize(msg.data)
            return None
        finally:
            await close_nats_connection(nc)

    async def enqueue_with_retry(self, job: Job, attempts: int = 3, delay: float = 0.5) -> bool:
        """Enqueue through short outages. The message id keeps a repeated publish from being stored twice."""
        for attempt in range(1, attempts + 1):
            try:
                nc = await get_nats_connection(self.nats_url)
            except ConnectFailed as error:
                logger.warning("attempt %d of %d: %s", attempt, attempts, error)
                await asyncio.sleep(delay * attempt)
                continue
            try:
                js = await get_jetstream_context(nc)
                await js.publish(self.subject, job.serialize(), headers={"Nats-Msg-Id": job.id})
                return True
            except nats.errors.TimeoutError:
                logger.warning("attempt %d of %d: no acknowledgement for job %s", attempt, attempts, job.id)
            finally:
                await close_nats_connection(nc)
        return False

    async def depth(self) -> int:
        """Number of jobs that wait or are being worked on."""
        nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(nc)
        info = await js.stream_info(self.stream_name)
        await close_nats_connection(nc)
        return info.state.messages

    async def peek(self) -> Optional[Job]:
        """The oldest job of the queue, left where it is."""
        nc = await get_nats_connection(self.nats_url)
        js = nc.jetstream()
        info = await js.stream_info(self.stream_name)
        if info.state.messages == 0:
            return None
        raw = await js.get_msg(self.stream_name, info.state.first_seq)
        await close_nats_connection(nc)
        return Job.deserialize(raw.data) if raw.data else None

    async def purge(self) -> int:
        """Throw away all jobs, and return how many there were."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            info = await js.stream_info(self.stream_name)
            await js.purge_stream(self.stream_name)
        finally:
            await close_nats_connection(nc)
        logger.info("queue %s: %d jobs purged", self.name, info.state.messages)
        return info.state.messages
