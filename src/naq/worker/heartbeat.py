"""A worker's heartbeats, which `naq.worker.status` reads."""

import asyncio
import logging
import os
import re
import secrets
import socket
import time
from collections.abc import Callable
from typing import Literal

import nats.errors
from nats.aio.client import Client
from nats.js.errors import NoStreamResponseError

from naq.config import Config
from naq.connection import jetstream_context
from naq.queue.pipeline import pipeline_of
from naq.queue.streams import ensure_buckets, names
from naq.records import WorkerStatus, encode

logger = logging.getLogger(__name__)


def new_worker_id() -> str:
    """Return a unique name from host, process id and a random part, which is also a valid key of a bucket."""
    host = re.sub(r"[^A-Za-z0-9_-]+", "-", socket.gethostname())[:40] or "host"
    return f"{host}-{os.getpid()}-{secrets.token_hex(3)}"


class Heartbeat:
    """Writes a worker's status every `heartbeat_interval` seconds; it expires after `heartbeat_ttl` seconds."""

    def __init__(self, connection: Client, config: Config, status: Callable[[], WorkerStatus]) -> None:
        self._connection = connection
        self._config = config
        self._status = status

    async def run(self) -> None:
        """Write heartbeats until cancelled. Raises ConnectionClosedError when the connection is closed permanently."""
        while True:
            try:
                await self.beat()
            except nats.errors.ConnectionClosedError:
                raise
            except (nats.errors.Error, OSError) as error:
                logger.info("the heartbeat is not written: %r", error)
            await asyncio.sleep(self._config.worker.heartbeat_interval)

    async def beat(self) -> None:
        """Write the status now; create the bucket again if it is missing. Raises nats-py's errors."""
        status = self._status()
        where, timeout = names(self._config), self._config.queue.publish_timeout
        pipeline = await pipeline_of(self._connection)
        try:
            answer = await pipeline.publish(where.key(where.workers, status.worker_id), encode(status), None, timeout)
        except NoStreamResponseError:
            async with jetstream_context(self._connection) as js:
                await ensure_buckets(js, self._config)
            return
        if answer.error is not None:
            logger.info("the heartbeat is not written: %s", answer.error.description)

    async def end(self) -> None:
        """Delete the worker's status."""
        where, worker_id = names(self._config), self._status().worker_id
        try:
            # Does not wait for the server, which may be the reason for the end.
            await self._connection.publish(where.key(where.workers, worker_id), b"", headers={"KV-Operation": "DEL"})
        except (nats.errors.Error, OSError) as error:
            logger.debug("the status of worker %s is not deleted, and will expire: %r", worker_id, error)


def worker_status(
    worker_id: str,
    queues: tuple[str, ...],
    concurrency: int,
    started: float,
    *,
    stopping: bool,
    running: int,
    succeeded: int,
    failed: int,
    retried: int,
    cancelled: int = 0,
) -> WorkerStatus:
    """Return the present status of a worker in this process."""
    state: Literal["working", "stopping"] = "stopping" if stopping else "working"
    return WorkerStatus(
        worker_id=worker_id,
        host=socket.gethostname(),
        pid=os.getpid(),
        queues=queues,
        concurrency=concurrency,
        state=state,
        started=started,
        beat=time.time(),
        running=running,
        succeeded=succeeded,
        failed=failed,
        retried=retried,
        cancelled=cancelled,
    )
