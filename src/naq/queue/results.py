"""Reading the outcome of a job from the buckets, waiting for it, and deleting it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError, NotFoundError

from naq.cancellation import Cancellations
from naq.config import Config
from naq.connection import nats_jetstream
from naq.encoding import Serializer, decode_value
from naq.errors import DeserializationError, JobCancelled, JobFailed, JobNotFound, JobTimeout
from naq.queue.pipeline import Refusal, pipeline_of
from naq.queue.streams import names
from naq.records import FINAL, JobResult, JobState, State, decode, encode
from naq.typed_calls import TYPED, decode_typed_result, shaped_result

Outcome = TypeVar("Outcome", JobResult, JobState)

# Seconds between two reads of the bucket while a result is awaited, in case its message was missed.
LOOK_AGAIN = 2.0
# Seconds until the next read where a message has arrived: the server delivers it before it has stored it, and a replica
# may lag behind. Each read that finds nothing doubles the pause.
LOOK_SOON = 0.01
# Seconds for a read of the bucket, also when less time is left.
SHORTEST_LOOK = 0.5


async def wait_for_result(
    config: Config, job_id: str, timeout: float, function: Callable[..., Any] | None = None
) -> Any:
    """Wait at most `timeout` seconds for the result of a job and return it, in the types of the job's `function`.

    Raises `JobFailed` with the worker's traceback when the job has failed permanently, `JobCancelled`, `JobNotFound`
    when it is done and its result was not kept, and `JobTimeout` when it has no outcome in time.
    """
    where = names(config)
    deadline = time.monotonic() + timeout
    cancellations = Cancellations()
    async with nats_jetstream(config) as (connection, js):
        arrived = asyncio.Event()

        async def on_message(msg: Msg) -> None:
            arrived.set()

        # The subscription receives each write to the bucket, so the bucket need not be read all the time.
        subscription = await connection.subscribe(where.key(where.results, job_id), cb=on_message)
        pause = LOOK_AGAIN
        try:
            while True:
                arrived.clear()
                record = await _look_within(max(SHORTEST_LOOK, deadline - time.monotonic()), js, config, job_id)
                if record is not None:
                    return value_of(record, config.serializer, function)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise JobTimeout(f"job {job_id} has no outcome after {timeout:g} s")
                cancellations.check()
                pause = LOOK_SOON if await _has_arrived(arrived, min(left, pause)) else min(2 * pause, LOOK_AGAIN)
        finally:
            if not connection.is_closed:
                await subscription.unsubscribe()


def value_of(record: JobResult, serializer: Serializer, function: Callable[..., Any] | None = None) -> Any:
    """Return the value in an outcome, of the classes that the annotations of the job's `function` name.

    Raises `JobFailed` when the outcome is a failure, `JobCancelled`, and `DeserializationError` for a value of another
    class.
    """
    if record.state == "cancelled":
        raise cancelled(record.job_id, ran=record.ran)
    if record.state == "failed":
        raise JobFailed(f"job {record.job_id} failed: {record.error}", record.traceback)
    if record.typed:
        return _typed_value(record, function)
    if record.pickled is not None:
        return decode_value(record.pickled, "cloudpickle" if serializer == "cloudpickle" else "json")
    return shaped_result(msgspec.json.decode(record.value), function)


def cancelled(job_id: str, *, ran: bool) -> JobCancelled:
    """Return the error for the result of a cancelled job."""
    return JobCancelled(f"job {job_id} was cancelled {'while it ran' if ran else 'while it waited'}", ran=ran)


def _typed_value(record: JobResult, function: Callable[..., Any] | None) -> Any:
    what = f"the result of job {record.job_id}"
    if record.typed != TYPED:
        raise DeserializationError(f"{what} is in a form that a newer version of this library has written")
    return decode_typed_result(bytes(record.value), function, what)


async def outcome_of(js: JetStreamContext, config: Config, job_id: str, seq: int) -> State | None:
    """Return the outcome of the message with this sequence number, None when none is stored."""
    result = await stored_result(js, config, job_id)
    if result is not None and result.seq == seq:
        return result.state
    state = await stored_state(js, config, job_id)
    return state.state if state is not None and state.seq == seq and state.state in FINAL else None


async def forget_outcome(
    connection: Client, config: Config, job_id: str, *, queue: str, function: str
) -> Refusal | None:
    """Delete the outcome of a job before it is enqueued again, so that it is not read as the outcome of the new run.

    Returns the refusal when the server refuses that. Raises nats-py's errors when the server does not answer.
    """
    where, timeout = names(config), config.queue.publish_timeout
    queued = JobState(job_id=job_id, state="queued", queue=queue, function=function, at=time.time())
    pipeline = await pipeline_of(connection)
    try:
        answer = await pipeline.publish(where.key(where.states, job_id), encode(queued), timeout=timeout)
        if answer.error is None:
            answer = await pipeline.publish(where.key(where.results, job_id), b"", {"KV-Operation": "DEL"}, timeout)
    except NoStreamResponseError:
        # Without a bucket there are no old outcomes.
        return None
    return answer.error


def record_of(value: bytes | None, kind: type[Outcome]) -> Outcome | None:
    """Return the record; None when there is none, or when it cannot be read, as it is of another version or program."""
    try:
        return decode(value, kind) if value else None
    except DeserializationError:
        return None


async def _has_arrived(arrived: asyncio.Event, seconds: float) -> bool:
    """Wait at most so many seconds for a message; return whether it has arrived."""
    try:
        async with asyncio.timeout(seconds):
            return await arrived.wait()
    except TimeoutError:
        return False


async def _look_within(seconds: float, js: JetStreamContext, config: Config, job_id: str) -> JobResult | None:
    """Return the outcome; None when there is none, or when the server does not answer, as it may answer later."""
    try:
        async with asyncio.timeout(seconds):
            return await _look(js, config, job_id)
    except TimeoutError:
        return None


async def _look(js: JetStreamContext, config: Config, job_id: str) -> JobResult | None:
    where = names(config)
    result = await last_value(js, where.results, where.key(where.results, job_id))
    if result is not None:
        return decode(result, JobResult)
    state = await last_value(js, where.states, where.key(where.states, job_id))
    if state is None or (ended := decode(state, JobState)).state not in FINAL:
        return None
    # The result may have been written between the two reads.
    result = await last_value(js, where.results, where.key(where.results, job_id))
    if result is not None:
        return decode(result, JobResult)
    if ended.state == "cancelled":
        raise cancelled(job_id, ran=ended.ran)
    if ended.state == "failed":
        raise JobFailed(f"job {job_id} failed: {ended.error}")
    raise JobNotFound(f"job {job_id} is done, but its result was not kept or has expired")


class LastValue(NamedTuple):
    """The newest value under a key, None when it was deleted; its revision, 0 when nothing was written."""

    value: bytes | None
    revision: int
    headers: Mapping[str, str]


async def stored_state(js: JetStreamContext, config: Config, job_id: str) -> JobState | None:
    """Return the state that is stored for a job; None when there is none, or when it cannot be read."""
    where = names(config)
    return record_of(await last_value(js, where.states, where.key(where.states, job_id)), JobState)


async def stored_result(js: JetStreamContext, config: Config, job_id: str) -> JobResult | None:
    """Return the outcome that is stored for a job; None when there is none, or when it cannot be read."""
    where = names(config)
    return record_of(await last_value(js, where.results, where.key(where.results, job_id)), JobResult)


async def last_value(js: JetStreamContext, bucket: str, subject: str) -> bytes | None:
    """Return the newest value under a key; None when there is none, it was deleted, or the bucket is missing."""
    return (await last_revision(js, bucket, subject)).value


async def last_revision(js: JetStreamContext, bucket: str, subject: str) -> LastValue:
    """Return the newest value under a key with its revision, for a write that must not replace a later value."""
    try:
        msg = await js.get_msg(f"KV_{bucket}", subject=subject, direct=True)
    except (NotFoundError, nats.errors.NoRespondersError):
        return LastValue(None, 0, {})
    headers = msg.headers or {}
    return LastValue(None if "KV-Operation" in headers else msg.data, msg.seq or 0, headers)
