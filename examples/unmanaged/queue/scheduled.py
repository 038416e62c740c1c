"""Jobs for a later time.

A scheduled job waits in a key-value bucket under a key that says when it is due. `run` looks into the
bucket once a second and moves what is due to the queue's stream. One scheduler runs for each queue.
"""

import asyncio
import logging
import time
from datetime import datetime, timedelta, timezone

from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from naq.job import Job
from nats.js import JetStreamContext
from nats.js.api import KeyValueConfig
from nats.js.errors import KeyNotFoundError, NoKeysError
from nats.js.kv import KeyValue

from .core import stream_for

logger = logging.getLogger(__name__)

BUCKET = "naq_scheduled"


class ScheduledQueue:
    """The scheduled jobs of one queue, and the loop that releases them when they are due."""

    def __init__(self, nats_url: str, name: str = "default") -> None:
        self.nats_url = nats_url
        self.name = name
        self.subject = stream_for(name)
        self._stopping = asyncio.Event()

    async def setup(self) -> None:
        """Create the bucket, once, before the first job."""
        nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(nc)
        try:
            await js.create_key_value(KeyValueConfig(bucket=BUCKET, history=1))
        finally:
            await close_nats_connection(nc)

    async def enqueue_at(self, job: Job, due: datetime) -> str:
        """Keep a job until `due`; returns the key under which it waits."""
        key = self._key(job.id, due)
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            kv = await js.key_value(BUCKET)
            await kv.put(key, job.serialize())
        finally:
            await close_nats_connection(nc)
        return key

    async def enqueue_in(self, job: Job, delay: timedelta) -> str:
        """Keep a job for as long as `delay` from now."""
        return await self.enqueue_at(job, datetime.now(timezone.utc) + delay)

    async def pending(self) -> list[tuple[datetime, Job]]:
        """All scheduled jobs of this queue, the next one first."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            kv = await js.key_value(BUCKET)
            jobs: list[tuple[datetime, Job]] = []
            for key in await self._keys(kv):
                entry = await kv.get(key)
                if entry.value is not None:
                    jobs.append((self._due(key), Job.deserialize(entry.value)))
            return jobs
        finally:
            await close_nats_connection(nc)

    async def cancel(self, job_id: str) -> bool:
        """Forget a scheduled job. False when it is not there, perhaps because it was due already."""
        nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(nc)
        kv = await js.key_value(BUCKET)
        key = await self._find(kv, job_id)
        if key is None:
            logger.info("job %s is not scheduled on queue %s", job_id, self.name)
            return False
        await kv.delete(key)
        await close_nats_connection(nc)
        return True

    async def modify(self, job_id: str, due: datetime) -> bool:
        """Move a scheduled job to another time: first the new entry, then away with the old one."""
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            kv = await js.key_value(BUCKET)
            key = await self._find(kv, job_id)
            if key is None:
                return False
            entry = await kv.get(key)
            await kv.put(self._key(job_id, due), entry.value or b"")
            await kv.delete(key)
            return True
        finally:
            close_nats_connection(nc)

    async def run(self, interval: float = 1.0) -> None:
        """Release due jobs until `stop` is called."""
        while not self._stopping.is_set():
            nc = await get_nats_connection(self.nats_url)
            try:
                js = await get_jetstream_context(nc)
                kv = await js.key_value(BUCKET)
                released = await self._release_due(js, kv)
            finally:
                await close_nats_connection(nc)
            if released:
                logger.info("queue %s: %d scheduled jobs released", self.name, released)
            await asyncio.sleep(interval)

    def stop(self) -> None:
        """Let `run` return after the round it is in."""
        self._stopping.set()

    async def _release_due(self, js: JetStreamContext, kv: KeyValue) -> int:
        now = datetime.now(timezone.utc)
        released = 0
        for key in await self._keys(kv):
            if self._due(key) > now:
                break
            try:
                entry = await kv.get(key)
            except KeyNotFoundError:
                continue
            await js.publish(self.subject, entry.value or b"", headers={"Nats-Msg-Id": key})
            await kv.delete(key)
            released += 1
        return released

    async def _find(self, kv: KeyValue, job_id: str) -> str | None:
        for key in await self._keys(kv):
            if key.endswith(f".{job_id}"):
                return key
        return None

    async def _keys(self, kv: KeyValue) -> list[str]:
        started = time.monotonic()
        try:
            keys = await kv.keys()
        except NoKeysError:
            return []
        logger.debug("%d keys in %.3f s", len(keys), time.monotonic() - started)
        return sorted(key for key in keys if key.startswith(f"{self.name}."))

    def _key(self, job_id: str, due: datetime) -> str:
        return f"{self.name}.{int(due.timestamp() * 1000):015d}.{job_id}"

    def _due(self, key: str) -> datetime:
        milliseconds = int(key.split(".")[1])
        return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
