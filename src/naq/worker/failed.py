"""Jobs that failed for good: list them, look at one, put them back on their queue, throw them away.

Each is a message of the failed stream as it came from its queue, with the reason in a header; how it gets there is in
`naq.queue.failures`. Selections are by queue and by age.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing
from datetime import timedelta
from typing import Any, Final

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from naq.config import Config, get_config
from naq.connection import nats_jetstream
from naq.errors import DeserializationError, JobNotFound
from naq.job import Job
from naq.names import check_queue_name
from naq.queue.dependencies import DONE
from naq.queue.failures import DETAILS, TRUNCATED, FailureDetails, payload_of
from naq.queue.message import RUN_ID
from naq.queue.publishing import publish_job
from naq.queue.results import forget_outcome
from naq.queue.streams import names, purge_stream

# Reads in flight together when many are looked at.
AT_ONCE: Final = 50
# Kinds of failures of a job that has been run.
RAN: Final = frozenset({"error", "timeout", "lost"})


class FailedJob(msgspec.Struct, frozen=True):
    """A failed job: its number in the failed stream, what is known of the failure, and the payload as it came.

    Its `repr` shows no payload, in which the arguments are.
    """

    sequence: int
    details: FailureDetails
    payload: bytes
    truncated: bool = False

    def __repr__(self) -> str:
        return f"FailedJob({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What `repr` shows, also by rich."""
        shown: list[tuple[str, Any]] = [("sequence", self.sequence), ("details", self.details)]
        return [*shown, ("bytes", len(self.payload)), ("truncated", self.truncated)]

    def job(self, config: Config) -> Job:
        """The job in the payload; `DeserializationError` when it was never one."""
        return Job.deserialize(self.payload, config.serializer)

    def age(self, now: float | None = None) -> float:
        """Seconds since it failed."""
        return (time.time() if now is None else now) - self.details.failed_at


class FailedJobs:
    """The failed jobs of all queues; `config` defaults to `get_config()`."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or get_config()
        self._names = names(self.config)

    async def list(
        self, queue: str | None = None, *, older_than: float | timedelta | None = None, limit: int | None = 100
    ) -> list[FailedJob]:
        """The oldest failed jobs: of one queue or of all, that failed longer ago than `older_than` (seconds)."""
        found: list[FailedJob] = []
        if limit is not None and limit <= 0:
            return found
        async with nats_jetstream(self.config) as (_, js), aclosing(self._walk(js, queue, older_than)) as failed:
            async for one in failed:
                found.append(one)
                if limit is not None and len(found) >= limit:
                    break
        return found

    async def count(self, queue: str | None = None) -> int:
        """How many there are, of one queue or of all."""
        subject = self._subject(queue)
        async with nats_jetstream(self.config) as (_, js):
            try:
                info = await js.stream_info(self._names.failed, subjects_filter=subject)
            except NotFoundError:
                return 0
        return sum((info.state.subjects or {}).values())

    async def show(self, sequence: int) -> FailedJob:
        """One failed job by its number; `JobNotFound` when there is none."""
        async with nats_jetstream(self.config) as (_, js):
            return await self._get(js, sequence)

    async def find(self, job_id: str) -> FailedJob:
        """The latest failure of a job; `JobNotFound` when there is none."""
        latest: FailedJob | None = None
        async with nats_jetstream(self.config) as (_, js), aclosing(self._walk(js, None, None)) as failed:
            async for one in failed:
                if one.details.job_id == job_id:
                    latest = one
        if latest is None:
            raise JobNotFound(f"job {job_id} is not among the failed ones")
        return latest

    async def requeue(self, sequence: int) -> FailedJob:
        """Put one failed job back on the queue it came from; its retries are counted from zero.

        It is removed here once the queue has it; repeated after an error, it is still put back once. Raises
        `JobNotFound`, and `DeserializationError` for a payload that had to be cut short to be kept.
        """
        async with nats_jetstream(self.config) as (connection, js):
            failed = await self._get(js, sequence)
            await self._requeue(connection, js, failed)
        return failed

    async def requeue_all(
        self, queue: str | None = None, *, older_than: float | timedelta | None = None, limit: int | None = None
    ) -> int:
        """Put back the failed jobs of a queue or of all; returns how many went. Cut payloads stay where they are."""
        chosen = await self.list(queue, older_than=older_than, limit=limit)
        whole = [one for one in chosen if not one.truncated]
        async with nats_jetstream(self.config) as (connection, js):
            await _all(self._requeue(connection, js, one) for one in whole)
        return len(whole)

    async def purge(
        self, queue: str | None = None, *, sequence: int | None = None, older_than: float | timedelta | None = None
    ) -> int:
        """Throw away failed jobs: one by its number, or those of a queue or of all, by age; returns how many."""
        async with nats_jetstream(self.config) as (connection, js):
            if sequence is not None:
                await self._get(js, sequence)
                await self._delete(js, sequence)
                return 1
            if older_than is None:
                subject = None if queue is None else self._subject(queue)
                return await purge_stream(connection, self._names.failed, subject)
            doomed = await self.list(queue, older_than=older_than, limit=None)
            await _all(self._delete(js, one.sequence) for one in doomed)
        return len(doomed)

    async def _requeue(self, connection: Client, js: JetStreamContext, failed: FailedJob) -> None:
        if failed.truncated:
            raise DeserializationError(f"failed job {failed.sequence} was too large to be kept whole; enqueue it again")
        details = failed.details
        headers = {RUN_ID: details.job_id} if details.job_id else {}
        if details.kind in RAN:
            # What it depends on was done when it ran, and need not be on record any more.
            headers |= _dependencies_done(failed, self.config)
        # The job's own message id would be taken for a duplicate shortly after it was enqueued. The time keeps the
        # number from being mistaken for that of a failed stream that was deleted and made again.
        message_id = f"{details.job_id or 'raw'}.requeued.{failed.sequence}.{details.failed_at:.3f}"
        if details.job_id:
            await forget_outcome(
                connection, self.config, details.job_id, queue=details.queue, function=details.function
            )
        await publish_job(self.config, message_id, self._names.queue(details.queue), failed.payload, headers)
        await self._delete(js, failed.sequence)

    async def _delete(self, js: JetStreamContext, sequence: int) -> None:
        try:
            await js.delete_msg(self._names.failed, sequence)
        except NotFoundError:
            # Another process has deleted it already.
            return

    async def _get(self, js: JetStreamContext, sequence: int) -> FailedJob:
        try:
            return _failed_job(await js.get_msg(self._names.failed, sequence))
        except NotFoundError:
            raise JobNotFound(f"there is no failed job number {sequence}") from None

    async def _walk(
        self, js: JetStreamContext, queue: str | None, older_than: float | timedelta | None
    ) -> AsyncGenerator[FailedJob, None]:
        """From the oldest on; a stream is in the order of time, so the first that is too young ends it."""
        oldest = older_than.total_seconds() if isinstance(older_than, timedelta) else older_than
        subject = self._subject(queue)
        sequence = 1
        while True:
            try:
                raw = await self._next(js, sequence, subject)
            except NotFoundError:
                return
            failed = _failed_job(raw)
            if oldest is not None and failed.age() < oldest:
                return
            yield failed
            sequence = failed.sequence + 1

    async def _next(self, js: JetStreamContext, sequence: int, subject: str) -> RawStreamMsg:
        try:
            return await js.get_msg(self._names.failed, seq=sequence, subject=subject, next=True, direct=True)
        except nats.errors.NoRespondersError:
            # The server does not answer a direct read of a stream that is missing or was created a moment ago.
            return await js.get_msg(self._names.failed, seq=sequence, subject=subject, next=True)

    def _subject(self, queue: str | None) -> str:
        return self._names.failed_queue("*" if queue is None else check_queue_name(queue))


def _dependencies_done(failed: FailedJob, config: Config) -> dict[str, str]:
    try:
        needed = failed.job(config).options.depends_on
    except DeserializationError:
        return {}
    return {DONE: " ".join(needed)} if needed else {}


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all, some at a time; an error is raised when the rest is done."""
    problem: BaseException | None = None
    waiting = list(work)
    for start in range(0, len(waiting), AT_ONCE):
        ended = await asyncio.gather(*waiting[start : start + AT_ONCE], return_exceptions=True)
        problem = problem or next((one for one in ended if one is not None), None)
    if problem is not None:
        raise problem


def _failed_job(raw: RawStreamMsg) -> FailedJob:
    headers = raw.headers or {}
    payload = payload_of(raw.data or b"", headers)
    try:
        details = msgspec.json.decode(headers.get(DETAILS, ""), type=FailureDetails)
    except msgspec.MsgspecError:
        # Not written by this library; shown all the same.
        queue = (raw.subject or "").rpartition(".")[2]
        details = FailureDetails(kind="unknown", error="no reason is recorded", queue=queue)
    return FailedJob(raw.seq or 0, details, payload, TRUNCATED in headers)
