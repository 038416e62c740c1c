"""Publishing the jobs of a batch, many at the same time, until each has a verdict."""

import asyncio
from collections import deque

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import NoStreamResponseError, ServiceUnavailableError

from naq.config import Config
from naq.connection import nats_connection
from naq.errors import ConnectFailed, EnqueueFailed
from naq.queue.deduplication import after_duplicate
from naq.queue.limits import Admissions, guard_of
from naq.queue.pending_job import PendingJob, check_sizes
from naq.queue.pipeline import UnreadableAnswer, pipeline_of, stored
from naq.queue.publishing import (
    HOPELESS,
    Patience,
    check_temporary,
    ensure_after_silence,
    make_stream,
    store_full,
    unconfirmed,
)
from naq.queue.streams import names

# Publishes without an answer at the same time; more would only fill buffers.
IN_FLIGHT = 1000
# Duplicates that are checked at the same time.
LOOKS_AT_ONCE = 50


async def send_all(config: Config, pending: list[PendingJob]) -> None:
    """Publish each job until it has a verdict. Each round in which a job gets its verdict restarts the time limit.

    Raises `ConnectFailed` and `PayloadTooLarge` before any job is published.
    """
    connected = silent = False
    patience = Patience(config)
    rounds = 0
    while True:
        rounds += 1
        patience.tries += 1
        before = len(unsettled(pending))
        try:
            async with nats_connection(config) as connection:
                if not connected:
                    check_sizes(connection, pending)
                connected = True
                if silent:
                    await ensure_after_silence(connection, config)
                await _round(connection, config, pending)
        except (ConnectFailed, nats.errors.Error, OSError) as error:
            if not connected:
                raise
            for one in unsettled(pending):
                if isinstance(error, HOPELESS):
                    one.give_up(error)
                else:
                    one.unheard(error)
        left = unsettled(pending)
        if not left:
            return
        if len(left) < before:
            patience = Patience(config)
        silent = any(isinstance(one.last_error, nats.errors.TimeoutError) for one in left)
        if not await patience.pause():
            break
    for one in left:
        one.fail(unconfirmed(one.job.id, rounds, one.last_error))


def unsettled(pending: list[PendingJob]) -> list[PendingJob]:
    return [one for one in pending if one.verdict is None]


async def _round(connection: Client, config: Config, pending: list[PendingJob]) -> None:
    """Publish the jobs without a verdict, and again those that are duplicates of a job that has left its queue.

    If the stream is missing, make it and publish again.
    """
    missing = await _stream(connection, config, unsettled(pending))
    if missing:
        try:
            await make_stream(connection, config)
        except HOPELESS as error:
            for one in missing:
                one.give_up(error)
        else:
            for one in await _stream(connection, config, missing):
                one.last_error = NoStreamResponseError()
    while again := await _checked_duplicates(config, pending):
        await _stream(connection, config, again)


async def _stream(connection: Client, config: Config, sending: list[PendingJob]) -> list[PendingJob]:
    """Publish many jobs at the same time and handle their answers; returns the jobs for which there is no stream."""
    pipeline = await pipeline_of(connection)
    missing: list[PendingJob] = []
    in_flight: deque[tuple[PendingJob, asyncio.Future[Msg]]] = deque()
    timeout = config.queue.publish_timeout
    with Admissions(guard_of(connection, names(config).jobs)) as admitted:
        for one in sending:
            if len(in_flight) >= IN_FLIGHT:
                await _handle_answer(*in_flight.popleft(), admitted, missing)
            subject, payload = one.subject, one.payload
            if not admitted.admits(one.size):
                # Messages without an answer would count twice: as in flight, and in the stream's state.
                while in_flight:
                    await _handle_answer(*in_flight.popleft(), admitted, missing)
                reason = await admitted.refusal(connection, subject, [one.size])
                if reason is not None:
                    one.fail(store_full(one.job.id, reason, certain=not one.present.unheard))
                    continue
            one.sending(admitted.reached)
            in_flight.append((one, await pipeline.send(subject, payload, one.headers, timeout)))
        while in_flight:
            await _handle_answer(*in_flight.popleft(), admitted, missing)
    return missing


async def _handle_answer(
    one: PendingJob, answer: "asyncio.Future[Msg]", admitted: Admissions, missing: list[PendingJob]
) -> None:
    try:
        verdict = stored(await answer)
        if verdict.error is not None:
            check_temporary(verdict.error)
            one.refuse(verdict.error)
        elif verdict.duplicate:
            one.duplicate_of = verdict.seq
        else:
            one.settle(verdict.seq, duplicate=False)
    except NoStreamResponseError:
        missing.append(one)
    except HOPELESS as error:
        one.give_up(error)
    except (nats.errors.TimeoutError, ServiceUnavailableError, UnreadableAnswer) as error:
        one.unheard(error)
    finally:
        admitted.answered(one.size)


async def _checked_duplicates(config: Config, pending: list[PendingJob]) -> list[PendingJob]:
    """Check the jobs that are duplicates; returns those that must be published again under another id."""
    duplicates = [one for one in pending if one.verdict is None and one.duplicate_of is not None]
    for start in range(0, len(duplicates), LOOKS_AT_ONCE):
        await asyncio.gather(*(_check_duplicate(config, one) for one in duplicates[start : start + LOOKS_AT_ONCE]))
    return unsettled(duplicates)


async def _check_duplicate(config: Config, one: PendingJob) -> None:
    seq, one.duplicate_of = one.duplicate_of or 0, None
    try:
        following = await after_duplicate(config, one.wanted, one.present, seq, Patience(config))
    except EnqueueFailed as error:
        one.fail(error)
        return
    if following is None:
        one.settle(seq, duplicate=True)
    else:
        one.present = following
