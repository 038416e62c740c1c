"""Who is working and how far the jobs are.

Each worker writes a heartbeat into a bucket whose entries expire, so a worker that dies disappears by
itself. Job states are written by the worker's core into a separate bucket and only read here.
"""

import asyncio
import json
import logging
import os
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from types import TracebackType

from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from nats.aio.client import Client
from nats.js.errors import BucketNotFoundError, KeyNotFoundError, NoKeysError
from nats.js.kv import KeyValue

logger = logging.getLogger(__name__)

WORKERS = "worker_status"
JOBS = "job_status"


@dataclass(frozen=True)
class WorkerStatus:
    """What a worker says of itself."""

    worker_id: str
    host: str
    pid: int
    beat: float

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, data: bytes) -> "WorkerStatus":
        return cls(**json.loads(data))


class Heartbeat:
    """Says every few seconds that a worker is alive."""

    def __init__(self, nats_url: str, worker_id: str, interval: float = 5.0) -> None:
        self.nats_url = nats_url
        self.worker_id = worker_id
        self.interval = interval
        self._nc: Client | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Write the first beat, then one every `interval` seconds in the background."""
        self._nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(self._nc)
        kv = await js.create_key_value(bucket=WORKERS, ttl=self.interval * 3)
        await self._beat(kv)
        self._task = asyncio.create_task(self._run(kv))

    async def stop(self) -> None:
        """Stop beating; the entry expires by itself."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._nc = None

    async def _run(self, kv: KeyValue) -> None:
        while True:
            await asyncio.sleep(self.interval)
            await self._beat(kv)

    async def _beat(self, kv: KeyValue) -> None:
        status = WorkerStatus(self.worker_id, socket.gethostname(), os.getpid(), time.time())
        await kv.put(self.worker_id, status.encode())


class JobStatusReader:
    """Reads job states over one connection: `async with JobStatusReader(url) as reader`."""

    def __init__(self, nats_url: str) -> None:
        self.nats_url = nats_url
        self._nc: Client | None = None
        self._kv: KeyValue | None = None

    async def __aenter__(self) -> "JobStatusReader":
        self._nc = await get_nats_connection(self.nats_url)
        self._kv = await self._nc.jetstream().key_value(JOBS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._nc is not None:
            await close_nats_connection(self._nc)
        self._nc = self._kv = None

    async def get(self, job_id: str) -> str | None:
        """The last state of a job, or None when it has none or it has expired."""
        if self._kv is None:
            raise RuntimeError("JobStatusReader is used outside its async with block")
        try:
            entry = await self._kv.get(job_id)
        except KeyNotFoundError:
            return None
        return entry.value.decode() if entry.value else None


async def list_workers(nats_url: str) -> list[WorkerStatus]:
    """All workers that have given a sign of life lately."""
    nc = await get_nats_connection(nats_url)
    try:
        js = await get_jetstream_context(nc)
        kv = await js.key_value(WORKERS)
        entries = [await kv.get(key) for key in await kv.keys()]
        return [WorkerStatus.decode(entry.value) for entry in entries if entry.value]
    except (BucketNotFoundError, NoKeysError):
        return []
    finally:
        await close_nats_connection(nc)


async def is_alive(nats_url: str, worker_id: str) -> bool:
    """Say whether a worker has given a sign of life lately."""
    nc = await get_nats_connection(nats_url)
    js = nc.jetstream()
    try:
        kv = await js.key_value(WORKERS)
        await kv.get(worker_id)
    except KeyNotFoundError:
        return False
    await close_nats_connection(nc)
    return True


async def watch_workers(nats_url: str) -> AsyncIterator[WorkerStatus]:
    """Every heartbeat as it comes, starting with the last one of each worker."""
    nc = await get_nats_connection(nats_url)
    try:
        js = await get_jetstream_context(nc)
        kv = await js.key_value(WORKERS)
        async for entry in await kv.watchall():
            if entry is not None and entry.value:
                yield WorkerStatus.decode(entry.value)
    finally:
        await close_nats_connection(nc)


async def follow_job(nats_url: str, job_id: str) -> AsyncIterator[str]:
    """The states of one job as they change, until it is done or has failed."""
    nc = await get_nats_connection(nats_url)
    kv = await nc.jetstream().key_value(JOBS)
    async for entry in await kv.watch(job_id):
        if entry is None or not entry.value:
            continue
        state = entry.value.decode()
        yield state
        if state in ("done", "failed"):
            break
    await close_nats_connection(nc)
