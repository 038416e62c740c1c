"""Storing all jobs of a batch or none, with the server's atomic publish (nats-server 2.12 or newer)."""

import uuid

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import ConnectFailed
from naq.queue.batch_sending import send_all
from naq.queue.deduplication import note_doubt
from naq.queue.limits import Admissions, guard_of
from naq.queue.pending_job import PendingJob, check_sizes
from naq.queue.pipeline import Refusal, pipeline_of, stored
from naq.queue.publishing import (
    HOPELESS,
    OUTDATED_STREAM,
    Patience,
    check_temporary,
    ensure_after_silence,
    make_stream,
    not_stored,
    refused,
    store_full,
    unconfirmed,
)
from naq.queue.server_features import ATOMIC_BATCH, require
from naq.queue.streams import names

DUPLICATE_IN_BATCH = 10201


async def send_atomically(config: Config, pending: list[PendingJob]) -> None:
    """Store all jobs or none. After a lost answer the batch is sent again: the server then reports duplicate ids.

    Raises `EnqueueFailed` when no job is stored or this is unknown, `ServerTooOld`, `PayloadTooLarge`, `ConnectFailed`.
    """
    unanswered: Exception | None = None
    patience = Patience(config)
    while True:
        patience.tries += 1
        try:
            async with nats_jetstream(config) as (connection, js):
                require(connection, ATOMIC_BATCH, "an atomic batch")
                check_sizes(connection, pending)
                if unanswered is not None:
                    await ensure_after_silence(connection, config)
                refusal = await _commit_to_stream(connection, js, config, pending)
        except HOPELESS as error:
            raise not_stored(_first_id(pending), error, certain=unanswered is None) from error
        except (nats.errors.Error, OSError) as error:
            if isinstance(error, ConnectFailed) and unanswered is None:
                raise
            unanswered = error
            for one in pending:
                one.unheard(error)
            if await patience.pause():
                continue
            break
        if refusal is None:
            for one in pending:
                one.settle(0, duplicate=False)
            return
        if unanswered is None or refusal.err_code != DUPLICATE_IN_BATCH:
            raise refused(_first_id(pending), refusal, certain=unanswered is None)
        await _send_individually(config, pending)
        return
    for one in pending:
        note_doubt(one.wanted, one.present)
    raise unconfirmed(_first_id(pending), patience.tries, unanswered) from unanswered


async def _commit_to_stream(
    connection: Client, js: JetStreamContext, config: Config, pending: list[PendingJob]
) -> Refusal | None:
    """Send the batch; if the stream is missing or of an older version, make or update it and send again.

    Returns the server's refusal, None when the batch is stored.
    """
    sizes = [one.size for one in pending]
    # The first queue stands for all: apart from `max_msgs_per_subject`, limits are those of the stream.
    with Admissions(guard_of(connection, names(config).jobs)) as admitted:
        reason = await admitted.refusal(connection, pending[0].subject, sizes)
        if reason is not None:
            raise store_full(_first_id(pending), reason, certain=not pending[0].present.unheard)
        for one in pending:
            one.sending(admitted.reached)
        refusal: Refusal | None = None
        for attempt in (1, 2):
            try:
                refusal = await _commit(connection, config, pending)
            except NoStreamResponseError:
                if attempt == 2:
                    raise
            else:
                if refusal is None or attempt == 2 or refusal.err_code not in OUTDATED_STREAM:
                    break
            await make_stream(connection, config)
        if refusal is not None:
            check_temporary(refusal)
        return refusal


async def _send_individually(config: Config, pending: list[PendingJob]) -> None:
    """Send each job separately, after a try without an answer and then a duplicate.

    Either the first try has stored the batch, or one of its jobs was stored before. Sent separately, each job is stored
    in both cases. Raises the error of a job that is not.
    """
    await send_all(config, pending)
    for one in pending:
        if one.verdict is not None and one.verdict.error is not None:
            raise one.verdict.error


def _first_id(pending: list[PendingJob]) -> str:
    return f"{pending[0].job.id} and {len(pending) - 1} more" if len(pending) > 1 else pending[0].job.id


async def _commit(connection: Client, config: Config, pending: list[PendingJob]) -> Refusal | None:
    """Send the batch once; returns the server's refusal, None when the batch is stored."""
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
            # The server answers the first message too, with an empty message if the batch may continue.
            refusal = _refusal_of_first(await pipeline.request(one.subject, one.payload, headers, timeout))
            if refusal is not None:
                return refusal
        else:
            await connection.publish(one.subject, one.payload, headers=headers)
    raise AssertionError("a batch has a last job")


def _refusal_of_first(answer: Msg) -> Refusal | None:
    return None if not answer.data and not answer.headers else stored(answer).error
