"""Reading the status of workers and the states of jobs from the buckets that workers write to.

A worker's heartbeat expires when the worker dies, and a job's state expires when no worker has written it for a long
time, so no cleanup is needed.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeVar

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config, get_config
from naq.connection import nats_jetstream
from naq.connection.denials import expect_denials
from naq.connection.subjects import subject_counts
from naq.errors import DeserializationError
from naq.names import check_job_id, check_worker_name
from naq.queue.job_status import recorded_state
from naq.queue.results import LOOK_AGAIN, LOOK_SOON, last_value
from naq.queue.streams import ensure_buckets, names
from naq.records import FINAL, JobState, WorkerStatus, decode

Kind = TypeVar("Kind", JobState, WorkerStatus)

logger = logging.getLogger(__name__)

# Number of concurrent reads when a bucket is listed.
AT_ONCE: Final = 50


class Status:
    """Reads heartbeats and job states; `config` defaults to `get_config()`."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or get_config()
        self._names = names(self.config)

    async def workers(self, queue: str | None = None) -> list[WorkerStatus]:
        """Return the workers with a recent heartbeat, of one queue or of all, in the order in which they started."""
        async with nats_jetstream(self.config) as (_, js):
            values = await present_values(js, self._names.workers, self._names.key(self._names.workers, ">"))
        found = [status for value in values if (status := _decoded(value, WorkerStatus, "a worker")) is not None]
        return sorted((one for one in found if queue is None or queue in one.queues), key=lambda one: one.started)

    async def worker(self, worker_id: str) -> WorkerStatus | None:
        """Return a worker, None when it has no recent heartbeat."""
        key = self._names.key(self._names.workers, check_worker_name(worker_id))
        async with nats_jetstream(self.config) as (_, js):
            value = await last_value(js, self._names.workers, key)
        return _decoded(value, WorkerStatus, f"worker {worker_id}")

    async def watch_workers(self) -> AsyncGenerator[WorkerStatus, None]:
        """Yield the last heartbeat of each worker, then each new heartbeat. Close the iterator (`aclosing`) to stop."""
        async with aclosing(self._watch(self._names.workers, ">")) as values:
            async for value in values:
                status = _decoded(value, WorkerStatus, "a worker")
                if status is not None:
                    yield status

    async def job(self, job_id: str) -> JobState | None:
        """Return the state of a job; None when no worker has recorded it, or when the record has expired."""
        async with nats_jetstream(self.config) as (_, js):
            return await recorded_state(js, self.config, check_job_id(job_id))

    async def watch_job(self, job_id: str) -> AsyncGenerator[JobState, None]:
        """Yield the present state of a job and each later state, until the job is done or has failed."""
        where, key = self._names, check_job_id(job_id)
        arrived: asyncio.Queue[Msg] = asyncio.Queue()

        async with nats_jetstream(self.config) as (connection, js):
            await ensure_buckets(js, self.config)
            # The end of a job may be told by its result alone. A viewer who may not read results reads again instead.
            results = where.key(where.results, key)
            with expect_denials(connection, [results]):
                for subject in (where.key(where.states, key), results):
                    await connection.subscribe(subject, cb=arrived.put)
                await connection.flush()
            state = await recorded_state(js, self.config, key)
            if state is not None:
                yield state
            pause = LOOK_AGAIN
            while state is None or state.state not in FINAL:
                msg = await _next_within(arrived, pause)
                if msg is not None and msg.data and msg.subject != results:
                    state = _decoded(msg.data, JobState, f"job {job_id}") or state
                    if state is not None:
                        yield state
                    continue
                pause = LOOK_SOON if msg is not None else min(2 * pause, LOOK_AGAIN)
                found = await recorded_state(js, self.config, key)
                if found is not None and found.state in FINAL:
                    state = found
                    yield state

    async def _watch(self, name: str, key: str) -> AsyncGenerator[bytes, None]:
        """Yield the present values of a bucket, then each new value: a write to it is an ordinary message."""
        arrived: asyncio.Queue[bytes] = asyncio.Queue()

        async def on_message(msg: Msg) -> None:
            if msg.data:
                arrived.put_nowait(msg.data)

        async with nats_jetstream(self.config) as (connection, js):
            await ensure_buckets(js, self.config)
            await connection.subscribe(self._names.key(name, key), cb=on_message)
            for value in await present_values(js, name, self._names.key(name, key)):
                yield value
            while True:
                yield await arrived.get()


async def _next_within(arrived: asyncio.Queue[Msg], seconds: float) -> Msg | None:
    """Return the next message; None if none arrives in so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await arrived.get()
    except TimeoutError:
        return None


def _decoded(value: bytes | None, kind: type[Kind], owner: str) -> Kind | None:
    """Return a record; None for a missing record, and for one that cannot be decoded, which is logged."""
    try:
        return decode(value, kind) if value else None
    except DeserializationError as error:
        logger.warning("the state of %s cannot be decoded and counts as missing: %s", owner, error)
        return None


async def present_values(js: JetStreamContext, bucket: str, pattern: str) -> list[bytes]:
    """Return the values of a bucket under a pattern, without those that expire meanwhile; none of a missing bucket."""
    try:
        subjects = list(await subject_counts(js, f"KV_{bucket}", pattern))
    except NotFoundError:
        return []
    values: list[bytes] = []
    for start in range(0, len(subjects), AT_ONCE):
        part = await asyncio.gather(*(last_value(js, bucket, subject) for subject in subjects[start : start + AT_ONCE]))
        values += [value for value in part if value]
    return values
