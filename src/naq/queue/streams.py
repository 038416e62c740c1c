"""The streams, consumers and buckets of queues: their configuration, and functions that make them if they are missing.

Nothing is remembered between calls: a call that finds a stream missing makes it and tries again.
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
from naq.option_values import Priority
from naq.queue.limits import warning_of
from naq.queue.server_features import ATOMIC_BATCH, OLDEST, SCHEDULE_AT, require, supports

logger = logging.getLogger(__name__)

STREAM_NAME_IN_USE = 10058

# The consumer of advisories about jobs that the server no longer delivers, which then go to the failed store.
ADVISORY_CONSUMER = "naq-advisories"
# Seconds for which a request to cancel a job is kept.
CANCEL_TTL = 7 * 86_400.0


def names(config: Config) -> Names:
    """Return the names on the server under this configuration's prefix."""
    return names_for(config.queue.prefix)


def advisory_subject(stream: str) -> str:
    """Return the subject of the server's advisories that it no longer delivers a message of a stream."""
    return f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{stream}.*"


def jobs_stream(config: Config, connection: Client) -> StreamConfig:
    """Return the configuration of the work-queue stream.

    It has no limits: at a limit the server would drop the oldest jobs, as a stream with schedules cannot be
    configured to refuse new messages. It also stores the server's advisories about itself, so that none is missed.
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
    """Return the configuration of the stream of permanently failed jobs, which the server deletes by age."""
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


def jobs_consumer(config: Config, queue: str, priority: Priority | None = None) -> ConsumerConfig:
    """Return the configuration of the durable consumer that all workers of a queue share for jobs of one priority."""
    where = names(config)
    return ConsumerConfig(
        name=where.consumer(queue, priority),
        durable_name=where.consumer(queue, priority),
        filter_subject=where.queue(queue, priority),
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=config.worker.ack_wait,
        max_deliver=config.worker.max_deliver,
        # Delayed retries count as pending too; a low limit would let them block the queue.
        max_ack_pending=1_000_000,
    )


async def ensure_jobs(connection: Client, js: JetStreamContext, config: Config) -> None:
    """Make the work-queue stream, or update that of an older version; log a warning for limits that lose jobs.

    Raises `ServerTooOld`, `PermissionDenied` and nats-py's errors.
    """
    require(connection, OLDEST, "naq")
    info = await ensure_stream(js, jobs_stream(config, connection))
    warning = warning_of(info.config)
    if warning is not None:
        logger.warning("%s", warning)


async def ensure_failed(js: JetStreamContext, config: Config) -> None:
    """Make the stream of failed jobs. Raises what `ensure_stream` raises."""
    await ensure_stream(js, failed_stream(config))


async def ensure_stream(js: JetStreamContext, wanted: StreamConfig) -> StreamInfo:
    """Create a stream; in an existing stream, add only missing settings and keep those that an operator set.

    Returns the stream's information. Raises `PermissionDenied` when the stream does not exist and this user may not
    create it, and nats-py's errors.
    """
    try:
        try:
            return await js.add_stream(wanted)
        except nats.errors.TimeoutError:
            # A busy cluster may need long to place a stream; repeating the same request is harmless.
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
    """Return a stream that this user may not make. Raises `denied` when the stream does not exist."""
    try:
        return await js.stream_info(stream)
    except NotFoundError:
        raise denied from None


async def _update(js: JetStreamContext, info: StreamInfo, changed: StreamConfig) -> StreamInfo:
    """Change a stream and return its information; without the permission, log a warning and leave it unchanged."""
    try:
        updated = await js.update_stream(changed)
    except PermissionDenied as denied:
        logger.warning("stream %s lacks settings that this version needs: %s", changed.name, denied)
        return info
    logger.info("stream %s: added the settings that this version needs", changed.name)
    return updated


def merged(existing: StreamConfig, wanted: StreamConfig) -> StreamConfig:
    """Return the existing configuration with the subjects and features that it lacks."""
    subjects = list(existing.subjects or [])
    subjects += [subject for subject in wanted.subjects or [] if subject not in subjects]
    return existing.evolve(
        subjects=subjects,
        # The existing value last, so that False does not become None, which would count as a change.
        allow_direct=existing.allow_direct or wanted.allow_direct or existing.allow_direct,
        allow_msg_ttl=existing.allow_msg_ttl or wanted.allow_msg_ttl or existing.allow_msg_ttl,
        allow_msg_schedules=existing.allow_msg_schedules or wanted.allow_msg_schedules or existing.allow_msg_schedules,
        allow_atomic=existing.allow_atomic or wanted.allow_atomic or existing.allow_atomic,
    )


async def purge_stream(connection: Client, stream: str, subject: str | None = None) -> int:
    """Delete all messages of a stream, or those under one subject; returns how many, 0 for a missing stream.

    Raises nats-py's errors. nats-py's own method does not return the number.
    """
    request = {} if subject is None else {"filter": subject}
    answer = await connection.request(f"$JS.API.STREAM.PURGE.{stream}", json.dumps(request).encode(), timeout=5.0)
    content = json.loads(answer.data)
    if "error" in content:
        try:
            APIError.from_error(content["error"])
        except NotFoundError:
            return 0
    return int(content.get("purged", 0))


async def ensure_consumer(js: JetStreamContext, config: Config, queue: str, priority: Priority | None = None) -> float:
    """Make or update the durable consumer of a queue; returns its ack wait, which all workers of the queue share.

    The ack wait of a consumer that other workers use is not made shorter: they would learn of it too late, and the
    server would give their jobs to other workers while these jobs still run.
    """
    wanted = jobs_consumer(config, queue, priority)
    present = await _consumer(js, names(config).jobs, wanted.name or "")
    if present is not None and (present.num_ack_pending or present.num_waiting):
        longer = present.config.ack_wait or 0.0
        if longer > config.worker.ack_wait:
            logger.warning(
                "queue %s: ack_wait stays at %g s while other workers run; it becomes %g s when all have stopped",
                queue, longer, config.worker.ack_wait,
            )  # fmt: skip
            wanted = wanted.evolve(ack_wait=longer)
    return (await add_consumer(js, names(config).jobs, wanted)).config.ack_wait or config.worker.ack_wait


async def ack_wait_of(js: JetStreamContext, config: Config, queue: str, priority: Priority | None = None) -> float:
    """Return the present ack wait of a queue's consumer; the configuration's if the consumer cannot be read.

    Raises nats-py's errors when the server does not answer.
    """
    present = await _consumer(js, names(config).jobs, names(config).consumer(queue, priority))
    return (present.config.ack_wait if present is not None else None) or config.worker.ack_wait


async def _consumer(js: JetStreamContext, stream: str, name: str) -> ConsumerInfo | None:
    """Return a consumer; None when it does not exist or this user may not read it."""
    try:
        info: ConsumerInfo = await js.consumer_info(stream, name)
    except (NotFoundError, PermissionDenied):
        return None
    return info


async def add_consumer(js: JetStreamContext, stream: str, wanted: ConsumerConfig) -> ConsumerInfo:
    """Make or update a consumer and return it; without the permission, return the existing consumer unchanged.

    Raises `PermissionDenied` when the consumer does not exist and this user may not make it.
    """
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
    """Make the consumer of the server's advisories about jobs that it no longer delivers; returns its name."""
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
    """Make the buckets for results, job states, heartbeats and requests to cancel jobs."""
    where = names(config)
    # Each result has a time to live.
    await _ensure_bucket(js, config, where.results, None)
    await _ensure_bucket(js, config, where.states, config.queue.state_ttl)
    await _ensure_bucket(js, config, where.workers, config.worker.heartbeat_ttl)
    try:
        await _ensure_bucket(js, config, where.cancels, CANCEL_TTL)
    except PermissionDenied as denied:
        # Jobs can run without it, as when an older version has made the buckets.
        logger.warning("no job can be cancelled: the bucket %s does not exist, and %s", where.cancels, denied)


async def _ensure_bucket(js: JetStreamContext, config: Config, bucket: str, ttl: float | None) -> None:
    try:
        info = await js.stream_info(f"KV_{bucket}")
        present = info.config
        if not present.allow_msg_ttl:
            # The bucket was made by another program. Records need a time to live for each message.
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
