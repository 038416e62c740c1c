"""Getting one message stored: confirmed by the server, tried again under the same id, refused in words.

The message id makes a second try harmless: within the stream's duplicate window it is stored once, even when the
first try arrives late. Knows nothing of what is in the message.
"""

import asyncio
import logging

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js.api import Header
from nats.js.errors import APIError, NoStreamResponseError, ServiceUnavailableError

from naq.config import Config
from naq.connection import jetstream_context, nats_connection
from naq.errors import ConnectFailed, EnqueueFailed, PayloadTooLarge
from naq.queue.pipeline import Pipeline, Refusal, Stored, pipeline_of
from naq.queue.streams import ensure_jobs

logger = logging.getLogger(__name__)

# Room for headers, and for the reason should the job end in the failed store with the payload as it is.
RESERVED = 4096
MSG_ID = Header.MSG_ID.value

SCHEDULES_DISABLED = 10188
ATOMIC_DISABLED = 10174
# What an older version of the stream refuses, and the present one does not.
OUTDATED_STREAM = frozenset({SCHEDULES_DISABLED, ATOMIC_DISABLED})
# A cluster between two leaders: no word on the message yet.
CLUSTER_NOT_AVAILABLE = 10008
NOT_LEADER = 10009
TEMPORARY = frozenset({CLUSTER_NOT_AVAILABLE, NOT_LEADER})


def largest_payload(connection: Client | Pipeline) -> int:
    """How many bytes a job or a result may have on this connection."""
    limit = connection.max_payload
    return limit - min(RESERVED, limit // 16)


def check_size(connection: Client | Pipeline, payload: bytes, job_id: str) -> None:
    """Raise `PayloadTooLarge` before anything is sent: the server answers a message over its limit by hanging up."""
    limit = largest_payload(connection)
    if len(payload) > limit:
        raise PayloadTooLarge(
            f"job {job_id} takes {len(payload)} bytes, and this server takes {limit}; "
            "store the data elsewhere and pass where it is"
        )


async def publish_job(
    config: Config, job_id: str, subject: str, payload: bytes, headers: dict[str, str] | None = None
) -> Stored:
    """Publish to the jobs stream until the server confirms it; makes the stream when it is missing.

    Raises `EnqueueFailed` when the server refuses, or gives no answer to any of `publish_attempts` tries;
    `PayloadTooLarge`; and what leasing a connection raises, `ConnectFailed` above all.
    """
    headers = {MSG_ID: job_id} if headers is None else {MSG_ID: job_id, **headers}
    queue = config.queue
    problem: Exception | None = None
    for attempt in range(1, queue.publish_attempts + 1):
        try:
            async with nats_connection(config) as connection:
                if isinstance(problem, nats.errors.TimeoutError):
                    await ensure_after_silence(connection, config)
                answer = await _publish(connection, config, job_id, subject, payload, headers)
        except (nats.errors.Error, OSError) as error:
            if isinstance(error, ConnectFailed) and problem is None:
                raise
            problem = error
            logger.warning("job %s: try %d not confirmed: %s", job_id, attempt, words(error))
        else:
            if answer.error is None:
                return answer
            raise refused(job_id, answer.error)
        # A dead connection fails at once; the pause keeps the tries from being used up while the server restarts.
        await asyncio.sleep(min(1.0, config.nats.reconnect_time_wait))
    raise unconfirmed(job_id, queue.publish_attempts, problem or nats.errors.TimeoutError()) from problem


async def _publish(
    connection: Client, config: Config, job_id: str, subject: str, payload: bytes, headers: dict[str, str]
) -> Stored:
    """One try. Who finds the stream missing, or of an older version, makes it and tries again."""
    pipeline = await pipeline_of(connection)
    check_size(pipeline, payload, job_id)
    timeout = config.queue.publish_timeout
    try:
        answer = await pipeline.publish(subject, payload, headers, timeout)
        if answer.error is None:
            return answer
        check_temporary(answer.error)
        if answer.error.err_code not in OUTDATED_STREAM:
            return answer
    except NoStreamResponseError:
        logger.info("no stream takes %s yet", subject)
    async with jetstream_context(connection) as js:
        await ensure_jobs(connection, js, config)
    return await pipeline.publish(subject, payload, headers, timeout)


async def ensure_after_silence(connection: Client, config: Config) -> None:
    """Make the stream, should it be missing: where somebody listens to everything, the server does not say so."""
    try:
        async with asyncio.timeout(config.queue.publish_timeout), jetstream_context(connection) as js:
            await ensure_jobs(connection, js, config)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        logger.info("the jobs stream is not looked at: %s", words(error))


def check_temporary(refusal: Refusal) -> None:
    """Raise nats-py's ServiceUnavailableError for a word that is none on the message: it is to be sent again."""
    if refusal.err_code in TEMPORARY:
        raise ServiceUnavailableError(description=refusal.description)


def refused(job_id: str, refusal: Refusal) -> EnqueueFailed:
    """The error for a job that the server has said no to."""
    text = f"job {job_id} is not stored, the server refuses it: {refusal.description}"
    error = EnqueueFailed(text, job_id, refused=True, code=refusal.err_code)
    # As if nats-py had said it: who handles its errors finds them where a publish by hand would have raised them.
    error.__cause__ = _api_error(refusal)
    return error


def _api_error(refusal: Refusal) -> APIError:
    try:
        APIError.from_error(msgspec.structs.asdict(refusal))
    except APIError as error:
        return error
    raise AssertionError("from_error always raises")


def unconfirmed(job_id: str, attempts: int, error: Exception) -> EnqueueFailed:
    """The error for a job that the server has not answered for."""
    return EnqueueFailed(
        f"job {job_id} may not be stored: {attempts} tries were not confirmed ({words(error)}); "
        "enqueueing the same job again stores it once",
        job_id,
        refused=False,
    )


def words(error: Exception) -> str:
    """What an exception says, or its name when it says nothing."""
    return str(error) or type(error).__name__
