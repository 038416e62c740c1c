"""The streams, consumers and buckets behind queues: how they are configured, and making sure that they exist.

Nothing is remembered between calls: who finds a stream missing makes it and tries again.
"""

import json
import logging

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    ConsumerInfo,
    KeyValueConfig,
    RetentionPolicy,
    StorageType,
    StreamConfig,
    StreamInfo,
)
from nats.js.errors import APIError, BadRequestError, NotFoundError

from naq.config import Config
from naq.errors import PermissionDenied
from naq.names import Names, names_for
from naq.queue.limits import warning_of
from naq.queue.server_features import ATOMIC_BATCH, OLDEST, SCHEDULE_AT, require, supports

logger = logging.getLogger(__name__)

STREAM_NAME_IN_USE = 10058

# Redeliveries stop here for a job that never ends in any way; its advisory brings it to the failed store.
ADVISORY_CONSUMER = "naq-advisories"


def names(config: Config) -> Names:
    """All names on the server under this configuration's prefix."""
    return names_for(config.queue.prefix)


def advisory_subject(stream: str) -> str:
    """Where the server says that it gives up delivering a message of a stream."""
    return f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{stream}.*"


def jobs_stream(config: Config, connection: Client) -> StreamConfig:
    """The work-queue stream.

    It has no limits: at a limit the server would drop the oldest jobs, as a stream with schedules cannot be
    configured to refuse new messages. It also takes in the server's advisories about itself, so that none is missed.
    """
    where = names(config)
    return StreamConfig(
        name=where.jobs,
        subjects=[*where.job_subjects, advisory_subject(where.jobs)],
        retention=RetentionPolicy.WORK_QUEUE,
        storage=StorageType(config.queue.storage),
        num_replicas=config.queue.replicas,
        duplicate_window=config.queue.duplicate_window,
        allow_direct=True,
        allow_msg_ttl=True,
        allow_msg_schedules=supports(connection, SCHEDULE_AT) or None,
        allow_atomic=supports(connection, ATOMIC_BATCH) or None,
    )


def failed_stream(config: Config) -> StreamConfig:
    """The stream of jobs that failed for good; they leave it by age."""
    where = names(config)
    return StreamConfig(
        name=where.failed,
        subjects=where.failed_subjects,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType(config.queue.storage),
        num_replicas=config.queue.replicas,
        duplicate_window=config.queue.duplicate_window,
        max_age=config.queue.failed_max_age,
        allow_direct=True,
    )


def jobs_consumer(config: Config, queue: str) -> ConsumerConfig:
    """The durable consumer that all workers of a queue share."""
    where = names(config)
    return ConsumerConfig(
        name=where.consumer(queue),
        durable_name=where.consumer(queue),
        filter_subject=where.queue(queue),
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=config.worker.ack_wait,
        max_deliver=config.worker.max_deliver,
        # Delayed retries count as pending too; a low limit would let them block the queue.
        max_ack_pending=1_000_000,
    )


async def ensure_jobs(connection: Client, js: JetStreamContext, config: Config) -> None:
    """Make the work-queue stream, or bring one of an older version up to date; warn of limits that lose jobs."""
    require(connection, OLDEST, "naq")
    info = await ensure_stream(js, jobs_stream(config, connection))
    warning = warning_of(info.config)
    if warning is not None:
        logger.warning("%s", warning)


async def ensure_failed(js: JetStreamContext, config: Config) -> None:
    """Make the stream of failed jobs."""
    await ensure_stream(js, failed_stream(config))


async def ensure_stream(js: JetStreamContext, wanted: StreamConfig) -> StreamInfo:
    """Create a stream; in an existing stream, add only missing settings and keep those that an operator set."""
    try:
        try:
            return await js.add_stream(wanted)
        except nats.errors.TimeoutError:
            # A cluster with much to do takes its time to place a stream; asking again for the same does no harm.
            return await js.add_stream(wanted)
    except BadRequestError as error:
        if error.err_code != STREAM_NAME_IN_USE:
            raise
        info = await js.stream_info(wanted.name or "")
    except PermissionDenied as denied:
        info = await _existing(js, wanted.name or "", denied)
    changed = merged(info.config, wanted)
    return info if changed == info.config else await _update(js, info, changed)


async def _existing(js: JetStreamContext, stream: str, denied: PermissionDenied) -> StreamInfo:
    """A stream that this user may not make; raises `denied` when it does not exist."""
    try:
        return await js.stream_info(stream)
    except NotFoundError:
        raise denied from None


async def _update(js: JetStreamContext, info: StreamInfo, changed: StreamConfig) -> StreamInfo:
    """Change a stream; without the permission to, say so, and go on with the stream as it is."""
    try:
        updated = await js.update_stream(changed)
    except PermissionDenied as denied:
        logger.warning("stream %s lacks what this version needs, and stays so: %s", changed.name, denied)
        return info
    logger.info("stream %s: added what this version needs", changed.name)
    return updated


def merged(existing: StreamConfig, wanted: StreamConfig) -> StreamConfig:
    """The existing configuration with the subjects and permissions that it lacks."""
    subjects = list(existing.subjects or [])
    subjects += [subject for subject in wanted.subjects or [] if subject not in subjects]
    return existing.evolve(
        subjects=subjects,
        allow_direct=existing.allow_direct or wanted.allow_direct or existing.allow_direct,
        allow_msg_ttl=existing.allow_msg_ttl or wanted.allow_msg_ttl or existing.allow_msg_ttl,
        allow_msg_schedules=existing.allow_msg_schedules or wanted.allow_msg_schedules or existing.allow_msg_schedules,
        allow_atomic=existing.allow_atomic or wanted.allow_atomic or existing.allow_atomic,
    )


async def purge_stream(connection: Client, stream: str, subject: str | None = None) -> int:
    """Throw away all messages of a stream, or those under one subject; returns how many, none of a missing stream.

    nats-py's own says only whether it has worked.
    """
    request = {} if subject is None else {"filter": subject}
    answer = await connection.request(f"$JS.API.STREAM.PURGE.{stream}", json.dumps(request).encode(), timeout=5.0)
    said = json.loads(answer.data)
    if "error" in said:
        try:
            APIError.from_error(said["error"])
        except NotFoundError:
            return 0
    return int(said.get("purged", 0))


async def ensure_consumer(js: JetStreamContext, config: Config, queue: str) -> float:
    """Make or update the durable consumer of a queue; returns its ack wait, which holds for all who share it.

    The ack wait of a consumer that others use is not made shorter: they would hear of it too late, and their jobs
    would be given to others while they still run.
    """
    wanted = jobs_consumer(config, queue)
    present = await _consumer(js, names(config).jobs, wanted.name or "")
    if present is not None and (present.num_ack_pending or present.num_waiting):
        longer = present.config.ack_wait or 0.0
        if longer > config.worker.ack_wait:
            logger.warning(
                "queue %s: ack_wait stays at %g s, as others are at work; it becomes %g s when all have stopped",
                queue, longer, config.worker.ack_wait,
            )  # fmt: skip
            wanted = wanted.evolve(ack_wait=longer)
    return (await add_consumer(js, names(config).jobs, wanted)).config.ack_wait or config.worker.ack_wait


async def ack_wait_of(js: JetStreamContext, config: Config, queue: str) -> float:
    """The ack wait of a queue's consumer, as it is now; of one that cannot be read, the configuration's.

    Raises nats-py's errors when the server does not answer.
    """
    present = await _consumer(js, names(config).jobs, names(config).consumer(queue))
    return (present.config.ack_wait if present is not None else None) or config.worker.ack_wait


async def _consumer(js: JetStreamContext, stream: str, name: str) -> ConsumerInfo | None:
    """A consumer; None when it does not exist or must not be looked at."""
    try:
        info: ConsumerInfo = await js.consumer_info(stream, name)
    except (NotFoundError, PermissionDenied):
        return None
    return info


async def add_consumer(js: JetStreamContext, stream: str, wanted: ConsumerConfig) -> ConsumerInfo:
    """Make or update a consumer; without the permission to, an existing one is used as it is."""
    info: ConsumerInfo
    try:
        info = await js.add_consumer(stream, wanted)
    except PermissionDenied as denied:
        try:
            info = await js.consumer_info(stream, wanted.name or "")
        except NotFoundError:
            raise denied from None
    return info


async def ensure_advisory_consumer(js: JetStreamContext, config: Config) -> str:
    """Make the consumer of the server's advisories about jobs that it no longer delivers."""
    stream = names(config).jobs
    await add_consumer(
        js,
        stream,
        ConsumerConfig(
            name=ADVISORY_CONSUMER,
            durable_name=ADVISORY_CONSUMER,
            filter_subject=advisory_subject(stream),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=config.worker.ack_wait,
        ),
    )
    return ADVISORY_CONSUMER


async def ensure_buckets(js: JetStreamContext, config: Config) -> None:
    """Make the buckets for results, job states and heartbeats."""
    where = names(config)
    # Results carry their time to live one by one.
    await _ensure_bucket(js, config, where.results, None)
    await _ensure_bucket(js, config, where.states, config.queue.state_ttl)
    await _ensure_bucket(js, config, where.workers, config.worker.heartbeat_ttl)


async def _ensure_bucket(js: JetStreamContext, config: Config, bucket: str, ttl: float | None) -> None:
    try:
        info = await js.stream_info(f"KV_{bucket}")
        present = info.config
        if not present.allow_msg_ttl:
            # Made by something else; what is written here has its own time to live.
            await _update(js, info, present.evolve(allow_msg_ttl=True))
    except NotFoundError:
        await js.create_key_value(
            KeyValueConfig(
                bucket=bucket,
                ttl=ttl,
                storage=StorageType(config.queue.storage),
                replicas=config.queue.replicas,
                direct=True,
            )
        )
