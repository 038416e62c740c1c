"""Storing all jobs of a batch or none, by the server's atomic publish (nats-server 2.12 or newer)."""

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
    """All or none. A lost answer is cleared up by sending again: the server then finds the ids of the first time."""
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
        await _send_the_rest(config, pending)
        return
    for one in pending:
        note_doubt(one.wanted, one.present)
    raise unconfirmed(_first_id(pending), patience.tries, unanswered) from unanswered


async def _commit_to_stream(
    connection: Client, js: JetStreamContext, config: Config, pending: list[PendingJob]
) -> Refusal | None:
    """Send the batch; when the stream is missing, or of an older version, make it and send again."""
    sizes = [one.size for one in pending]
    # Of several queues, the first stands for all: their limits are the stream's, but for one that few set.
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


async def _send_the_rest(config: Config, pending: list[PendingJob]) -> None:
    """Send each job by itself, after silence and then a duplicate.

    Either the batch is stored, or one of its jobs had been before. Sent one by one, each is stored in either case, and
    an error says so if one is not.
    """
    await send_all(config, pending)
    for one in pending:
        if one.verdict is not None and one.verdict.error is not None:
            raise one.verdict.error


def _first_id(pending: list[PendingJob]) -> str:
    return f"{pending[0].job.id} and {len(pending) - 1} more" if len(pending) > 1 else pending[0].job.id


async def _commit(connection: Client, config: Config, pending: list[PendingJob]) -> Refusal | None:
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
