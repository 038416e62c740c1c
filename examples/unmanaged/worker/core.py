"""The worker: pulls jobs from a queue, runs them, acknowledges them.

The pull loop has a separate connection, kept for as long as the worker runs. What happens for a single
job (its status, its result) goes over a connection opened for that step.
"""

import asyncio
import importlib
import inspect
import json
import logging
from collections.abc import Callable
from typing import Any

from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from naq.job import Job
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig

from ..queue.core import consumer_for, stream_for
from .failed import FailedJobs

logger = logging.getLogger(__name__)

BACKLOG_WARNING = 10_000
MAX_DELIVERIES = 5


def resolve(path: str) -> Callable[..., Any]:
    """The function behind an import path of the form `package.module:name`."""
    module_name, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module_name), name)
    return function


class Worker:
    """Works on one queue until it is stopped."""

    def __init__(self, nats_url: str, queue: str = "default", batch_size: int = 10) -> None:
        self.nats_url = nats_url
        self.queue = queue
        self.stream_name = stream_for(queue)
        self.subject = self.stream_name
        self.consumer_name = consumer_for(queue)
        self.batch_size = batch_size
        self._failed = FailedJobs(nats_url)
        self._nc: Client | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Pull and process jobs until `stop` is called; a job that fails does not end the loop."""
        self._nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(self._nc)
        try:
            await self._pull(js)
        finally:
            await self.close()

    async def _pull(self, js: JetStreamContext) -> None:
        config = ConsumerConfig(
            durable_name=self.consumer_name,
            filter_subject=self.subject,
            max_deliver=MAX_DELIVERIES,
            ack_wait=300,
        )
        await js.add_consumer(self.stream_name, config)
        subscription = await js.pull_subscribe(self.subject, durable=self.consumer_name)
        while not self._stopping.is_set():
            try:
                messages = await subscription.fetch(self.batch_size, timeout=1)
            except TimeoutError:  # fetch raises nats-py's own, or Python's
                continue
            for msg in messages:
                try:
                    await self.process_message(msg)
                except Exception as error:
                    await self._failure(msg, error)
        await subscription.unsubscribe()

    async def _failure(self, msg: Msg, error: Exception) -> None:
        """Log a failed delivery; after the last one, keep the job among the failed ones."""
        logger.error("job at sequence %d: %s", msg.metadata.sequence.stream, error, exc_info=error)
        if msg.metadata.num_delivered >= MAX_DELIVERIES:
            await self._failed.record(Job.deserialize(msg.data), self.queue, error)

    def stop(self) -> None:
        """Let `run` return once the jobs in hand are done."""
        self._stopping.set()

    async def close(self) -> None:
        """Give back what was fetched but not acknowledged, and close the worker's connection."""
        if self._nc is not None:
            await self._nc.drain()
            self._nc = None

    async def process_message(self, msg: Msg) -> None:
        """Run the job in a message; acknowledge it on success, give it back on failure."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            info = await js.consumer_info(self.stream_name, self.consumer_name)
            if info.num_pending and info.num_pending > BACKLOG_WARNING:
                logger.warning("%d jobs behind on %s", info.num_pending, self.stream_name)
            # Process job
            await self._execute_job(msg.data)
            # Acknowledge message
            await msg.ack()
        except Exception as e:
            logger.warning("giving a job back: %s", e)
            await msg.nak()
            raise
        finally:
            await close_nats_connection(nc)

    async def process_job(self, job_data: bytes) -> None:
        """Run a job that did not come through the queue, and keep its result as a worker would."""
        nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(nc)
        kv = await js.key_value("job_results")
        result = await self._execute_job(job_data)
        await kv.put(Job.deserialize(job_data).id, json.dumps(result, default=str).encode())
        await close_nats_connection(nc)

    async def update_job_status(self, job_id: str, status: str) -> None:
        """Record the state of a job where `naq status` finds it."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            kv = await js.key_value("job_status")
            await kv.put(job_id, status)
        finally:
            await close_nats_connection(nc)

    async def _execute_job(self, data: bytes) -> Any:
        job = Job.deserialize(data)
        await self._report(job.id, "running")
        try:
            result = resolve(job.function)(*job.args, **job.kwargs)
            if inspect.isawaitable(result):
                result = await result
        except Exception:
            await self._report(job.id, "failed")
            raise
        await self._report(job.id, "done")
        return result

    async def _report(self, job_id: str, status: str) -> None:
        """Record a state if it can be recorded: a job does not fail because its status was lost."""
        try:
            await self.update_job_status(job_id, status)
        except Exception as error:
            logger.warning("status %r of job %s not recorded: %s", status, job_id, error)


async def create_buckets(nats_url: str) -> None:
    """Create the buckets for states and results, once, before the first worker starts."""
    nc = await get_nats_connection(nats_url)
    try:
        js = await get_jetstream_context(nc)
        await js.create_key_value(bucket="job_status", ttl=24 * 3600)
        await js.create_key_value(bucket="job_results", ttl=24 * 3600)
    finally:
        await close_nats_connection(nc)
