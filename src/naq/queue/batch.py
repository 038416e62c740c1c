"""Many jobs at once, with a verdict for each.

Publishes are kept in flight together, so that a batch costs the server's time and not one round trip for each job.
All jobs are encoded before the first is sent: what cannot be sent stops the batch while nothing of it is stored.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError, ServiceUnavailableError

from naq.config import Config, get_config
from naq.connection import nats_jetstream
from naq.errors import ConnectFailed, EnqueueFailed, InvalidJob
from naq.events.lifecycle import emit, lifecycle_sink
from naq.job import Job
from naq.queue.pipeline import Pipeline, Refusal, UnreadableAnswer, pipeline_of, stored
from naq.queue.publishing import (
    MSG_ID,
    OUTDATED_STREAM,
    check_size,
    check_temporary,
    ensure_after_silence,
    refused,
    unconfirmed,
)
from naq.queue.server import ATOMIC_BATCH, require
from naq.queue.streams import ensure_jobs, names

# More in flight gains nothing and only fills buffers.
IN_FLIGHT = 1000
# The server's own limit for an atomic batch.
LARGEST_ATOMIC = 1000
DUPLICATE_IN_BATCH = 10201
NO_STREAM = Refusal(description="no stream takes its subject")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one job of a batch is stored; `duplicate` when it already was, `error` when it is not."""

    job: Job
    stored: bool
    duplicate: bool = False
    error: EnqueueFailed | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The verdicts, in the order of the jobs."""

    verdicts: tuple[Verdict, ...]

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts)

    def __len__(self) -> int:
        return len(self.verdicts)

    @property
    def stored(self) -> list[Job]:
        """The jobs that are stored."""
        return [verdict.job for verdict in self.verdicts if verdict.stored]

    @property
    def failed(self) -> list[Verdict]:
        """The verdicts on jobs that are not stored, or not certainly."""
        return [verdict for verdict in self.verdicts if not verdict.stored]

    def raise_for_failures(self) -> None:
        """Raise the first error if there is one."""
        for verdict in self.verdicts:
            if verdict.error is not None:
                raise verdict.error


@dataclass(slots=True)
class _Pending:
    """One job on its way."""

    job: Job
    subject: str
    payload: bytes
    headers: dict[str, str]
    verdict: Verdict | None = None
    last_error: Exception = field(default_factory=nats.errors.TimeoutError)

    def settle(self, duplicate: bool) -> None:
        self.verdict = Verdict(self.job, True, duplicate)

    def refuse(self, refusal: Refusal) -> None:
        self.verdict = Verdict(self.job, False, error=refused(self.job.id, refusal))


async def enqueue_batch(jobs: Iterable[Job], config: Config | None = None, *, atomic: bool = False) -> BatchResult:
    """Put jobs on their queues (`job.queue`), and say of each whether the server has stored it.

    What is not confirmed is sent again under the same id, `publish_attempts` times in all. With `atomic`, all jobs
    are stored or none (at most 1,000, on nats-server 2.12 or newer), and `EnqueueFailed` is raised when none is.
    Raises before anything is sent: `SerializationError`, `PayloadTooLarge`, `InvalidJob` for an id that occurs twice,
    `ServerTooOld`; and `ConnectFailed`.
    """
    config = config or get_config()
    pending = _prepared(jobs, config)
    if atomic and len(pending) > LARGEST_ATOMIC:
        raise InvalidJob(f"an atomic batch has at most {LARGEST_ATOMIC} jobs, not {len(pending)}")
    if pending:
        await (_send_atomically(config, pending) if atomic else _send_all(config, pending))
    result = BatchResult(tuple(one.verdict for one in pending if one.verdict is not None))
    sink = lifecycle_sink(config)
    if sink is not None:
        for job in result.stored:
            await emit(sink, "enqueued", job)
    return result


def _prepared(jobs: Iterable[Job], config: Config) -> list[_Pending]:
    where = names(config)
    subjects: dict[str, str] = {}
    pending: list[_Pending] = []
    for job in jobs:
        subject = subjects.get(job.queue)
        if subject is None:
            subject = subjects[job.queue] = where.queue(job.queue)
        pending.append(_Pending(job, subject, job.serialize(config.serializer), {MSG_ID: job.id}))
    if len({one.job.id for one in pending}) < len(pending):
        raise InvalidJob("a batch has two jobs with the same id; only one of them would be stored")
    return pending


def _check_sizes(connection: Client, pending: Sequence[_Pending]) -> None:
    for one in pending:
        check_size(connection, one.payload, one.job.id)


async def _send_all(config: Config, pending: list[_Pending]) -> None:
    connected = False
    for attempt in range(1, config.queue.publish_attempts + 1):
        try:
            async with nats_jetstream(config) as (connection, js):
                if not connected:
                    _check_sizes(connection, pending)
                connected = True
                if attempt > 1:
                    await ensure_after_silence(connection, config)
                await _round(connection, js, config, pending)
        except (ConnectFailed, nats.errors.Error, OSError) as error:
            if not connected:
                raise
            for one in pending:
                one.last_error = error
        if all(one.verdict is not None for one in pending):
            return
        if attempt < config.queue.publish_attempts:
            await asyncio.sleep(min(1.0, config.nats.reconnect_time_wait))
    for one in pending:
        if one.verdict is None:
            failure = unconfirmed(one.job.id, config.queue.publish_attempts, one.last_error)
            one.verdict = Verdict(one.job, False, error=failure)


async def _round(connection: Client, js: JetStreamContext, config: Config, pending: list[_Pending]) -> None:
    """Send everything that has no verdict; when the stream is missing, make it and send again."""
    pipeline = await pipeline_of(connection)
    missing = await _stream(pipeline, config, pending)
    if missing:
        await ensure_jobs(connection, js, config)
        for one in await _stream(pipeline, config, missing):
            one.refuse(NO_STREAM)


async def _stream(pipeline: Pipeline, config: Config, pending: list[_Pending]) -> list[_Pending]:
    """Keep publishes in flight and take their answers; returns those for which there is no stream."""
    missing: list[_Pending] = []
    flying: deque[tuple[_Pending, asyncio.Future[Msg]]] = deque()
    timeout = config.queue.publish_timeout
    for one in pending:
        if one.verdict is None:
            if len(flying) >= IN_FLIGHT:
                await _take(*flying.popleft(), missing)
            flying.append((one, await pipeline.send(one.subject, one.payload, one.headers, timeout)))
    for one, answer in flying:
        await _take(one, answer, missing)
    return missing


async def _take(one: _Pending, answer: "asyncio.Future[Msg]", missing: list[_Pending]) -> None:
    try:
        verdict = stored(await answer)
        if verdict.error is None:
            one.settle(verdict.duplicate)
            return
        check_temporary(verdict.error)
        one.refuse(verdict.error)
    except NoStreamResponseError:
        missing.append(one)
    except (nats.errors.TimeoutError, ServiceUnavailableError, UnreadableAnswer) as error:
        one.last_error = error


async def _send_atomically(config: Config, pending: list[_Pending]) -> None:
    """All or none. A lost answer is cleared up by sending again: the server then finds the ids of the first time."""
    unanswered: Exception | None = None
    for _ in range(config.queue.publish_attempts):
        try:
            async with nats_jetstream(config) as (connection, js):
                require(connection, ATOMIC_BATCH, "an atomic batch")
                _check_sizes(connection, pending)
                if unanswered is not None:
                    await ensure_after_silence(connection, config)
                refusal = await _commit_to_stream(connection, js, config, pending)
        except (nats.errors.Error, OSError) as error:
            if isinstance(error, ConnectFailed) and unanswered is None:
                raise
            unanswered = error
            await asyncio.sleep(min(1.0, config.nats.reconnect_time_wait))
            continue
        if refusal is None:
            for one in pending:
                one.settle(duplicate=False)
            return
        if unanswered is None or refusal.err_code != DUPLICATE_IN_BATCH:
            raise refused(_first_id(pending), refusal)
        await _send_the_rest(config, pending)
        return
    raise unconfirmed(_first_id(pending), config.queue.publish_attempts, unanswered or nats.errors.TimeoutError())


async def _commit_to_stream(
    connection: Client, js: JetStreamContext, config: Config, pending: list[_Pending]
) -> Refusal | None:
    """Send the batch; when the stream is missing, or of an older version, make it and send again."""
    for attempt in (1, 2):
        try:
            refusal = await _commit(connection, config, pending)
        except NoStreamResponseError:
            refusal = NO_STREAM
        if refusal is None or attempt == 2 or refusal.err_code not in OUTDATED_STREAM | {0}:
            break
        await ensure_jobs(connection, js, config)
    if refusal is not None:
        check_temporary(refusal)
    return refusal


async def _send_the_rest(config: Config, pending: list[_Pending]) -> None:
    """Send each job by itself, after silence and then a duplicate.

    Either the batch is stored, or one of its jobs had been before. Sent one by one, each is stored in either case, and
    an error says so if one is not.
    """
    await _send_all(config, pending)
    for one in pending:
        if one.verdict is not None and one.verdict.error is not None:
            raise one.verdict.error


def _first_id(pending: list[_Pending]) -> str:
    return f"{pending[0].job.id} and {len(pending) - 1} more" if len(pending) > 1 else pending[0].job.id


async def _commit(connection: Client, config: Config, pending: list[_Pending]) -> Refusal | None:
    """Send the batch; returns why it was refused, None when it is stored."""
    batch = uuid.uuid4().hex
    timeout = config.queue.publish_timeout
    last = len(pending)
    pipeline = await pipeline_of(connection)
    for number, one in enumerate(pending, 1):
        headers = {**one.headers, "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
        if number == last:
            headers["Nats-Batch-Commit"] = "1"
            return stored(await pipeline.request(one.subject, one.payload, headers, timeout)).error
        if number == 1:
            # The first is answered too, with nothing when the batch may go on.
            refusal = _refusal_of_first(await pipeline.request(one.subject, one.payload, headers, timeout))
            if refusal is not None:
                return refusal
        else:
            await connection.publish(one.subject, one.payload, headers=headers)
    raise AssertionError("a batch has a last job")


def _refusal_of_first(answer: Msg) -> Refusal | None:
    return None if not answer.data and not answer.headers else stored(answer).error
