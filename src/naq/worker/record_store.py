"""Writing states of jobs by compare-and-set, and the claims of failures on their outcomes.

Every write names the revision that it may replace, and the server compares. So a worker that was stalled, however long
and at any line, cannot replace what the next delivery of the message has stored.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import nats.errors
from msgspec.structs import replace
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.cancellation import ended_within
from naq.config import Config
from naq.queue.expiry import TTL, ttl_of
from naq.queue.full_store import Scarcity
from naq.queue.pipeline import Pipeline, Refusal, stored
from naq.queue.publishing import lacks_room
from naq.queue.results import last_revision, record_of, stored_result
from naq.queue.revisions import EXPECTED, WRONG_REVISION
from naq.queue.streams import names
from naq.records import JobState
from naq.worker.delivery import Delivery
from naq.worker.job_record import JobRecord
from naq.worker.not_stored import (
    ATTEMPTS,
    TTL_DISABLED,
    UNANSWERED,
    NoRoom,
    NotStored,
    Unfit,
    after_conflict,
    make_buckets_again,
)
from naq.worker.precedence import CLAIM, Superseded, check_present
from naq.worker.result_store import ResultStore

logger = logging.getLogger(__name__)

# Seconds for which a failure keeps the outcome of its job reserved.
CLAIM_TTL: Final = 3600.0


class RecordStore:
    """Writes the states of one worker's jobs over one connection; `results` writes their results."""

    def __init__(
        self,
        connection: Client,
        js: JetStreamContext,
        pipeline: Pipeline,
        config: Config,
        worker_id: str,
        scarcity: Scarcity,
        on_unwritten: Callable[[JobRecord], None],
        *,
        patient: bool = False,
    ) -> None:
        self._connection = connection
        self._js = js
        self._pipeline = pipeline
        self._config = config
        self._names = names(config)
        self._worker_id = worker_id
        self._scarcity = scarcity
        self._on_unwritten = on_unwritten
        self._timeout = config.queue.publish_timeout
        self.results = ResultStore(js, pipeline, config, patient=patient)

    async def announce_start(self, record: JobRecord, delivery: Delivery) -> None:
        """Write that a job runs, without waiting for the server; `delivery.start_write` is then the write."""
        subject, payload, headers = self._message(record, delivery)
        try:
            on_end = functools.partial(self._on_start_answer, record, delivery)
            write = await self._pipeline.send(subject, payload, headers, self._timeout, on_end)
        except (nats.errors.Error, OSError) as error:
            _log_not_recorded(record, error)
            return
        delivery.start_write = write
        if write.done():
            # The answer has come before the write was noted above.
            self._on_start_answer(record, delivery, write)

    def _on_start_answer(self, record: JobRecord, delivery: Delivery, write: asyncio.Future[Msg]) -> None:
        waiters, delivery.start_waiters = delivery.start_waiters or (), None
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        if delivery.start_write is not write:
            # A later state was written meanwhile.
            return
        delivery.start_write = None
        if write.cancelled() or write.exception() is not None:
            return
        try:
            answer = stored(write.result())
        except (nats.errors.Error, OSError):
            return
        if answer.error is None:
            _note_written(delivery, answer.seq)
        elif answer.error.err_code in WRONG_REVISION and not delivery.settled:
            # In most cases there is a state of an earlier message with the same job id.
            name = f"naq start of job {record.job.id}"
            delivery.start_write = asyncio.create_task(self._write_start_again(record, delivery), name=name)

    async def _write_start_again(self, record: JobRecord, delivery: Delivery) -> None:
        try:
            await self._put_state(record, delivery)
        except (Superseded, NotStored) as error:
            _log_not_recorded(record, error)

    async def note_progress(self, record: JobRecord, delivery: Delivery) -> None:
        """Write the progress of a running job; returns after the server's answer, or at once if the job is settled.

        Nothing is written if another delivery of the message has the job.
        """
        await wait_for_start_write(delivery)
        if delivery.settled:
            return
        await self.announce_start(record, delivery)
        await wait_for_start_write(delivery)

    async def note_state(self, record: JobRecord, delivery: Delivery | None = None, *, won: bool = False) -> None:
        """Write a state without waiting for the server.

        `won` tells that the result of this delivery is stored, so that its state replaces any other. The write of the
        delivery's start is ended, as it would replace the later state.
        """
        subject, payload, headers = self._message(record, delivery)
        if delivery is None or won or delivery.start_write is not None:
            headers.pop(EXPECTED, None)
        if delivery is not None:
            if isinstance(delivery.start_write, asyncio.Task):
                delivery.start_write.cancel()
            delivery.start_write = None
        try:
            await self._connection.publish(subject, payload, headers=headers)
        except (nats.errors.Error, OSError) as error:
            _log_not_recorded(record, error)

    def told_by_result(self, delivery: Delivery, ttl: float) -> bool:
        """Return whether the result of a job that is done tells so for as long as the present state is kept.

        Then the state "done" need not be written. It must be if the present state is not that of this delivery, or
        tells of other messages of the job.
        """
        return (
            delivery.recorded
            and delivery.start_write is None
            and not delivery.others
            and ttl >= self._config.queue.state_ttl
        )

    def put_state(self, record: JobRecord, delivery: Delivery | None) -> Awaitable[bool]:
        """Write a state and wait for the server to confirm it; returns whether it is stored.

        A state that the server refuses, for lack of room or another reason, is only logged. Raises `Superseded` when
        another delivery of the message has the job, and `NotStored` when the connection is closed or the present state
        cannot be read.
        """
        # Not a coroutine that awaits the other: this is called for each job.
        if delivery is None or delivery.start_write is None:
            return self._put_state(record, delivery)
        return self._put_state_after_start(record, delivery)

    async def _put_state_after_start(self, record: JobRecord, delivery: Delivery) -> bool:
        await wait_for_start_write(delivery)
        return await self._put_state(record, delivery)

    async def _put_state(self, record: JobRecord, delivery: Delivery | None) -> bool:
        sent: list[bytes] = []
        problems = conflicts = 0
        contested = False
        # Limited tries: a job must not wait without limit for a full bucket, as settled jobs make room.
        while problems < ATTEMPTS:
            try:
                subject, payload, headers = self._message(record, delivery)
                sent.append(payload)
                answer = stored(await self._pipeline.request(subject, payload, headers, self._timeout))
                refusal = answer.error
                if refusal is None:
                    _note_written(delivery, answer.seq)
                    return True
                if delivery is None or refusal.err_code not in WRONG_REVISION:
                    problems += 1
                    if not await self._should_try_again(record, refusal):
                        return False
                    continue
                contested = True
                if await self._state_is_ours(record, delivery, sent):
                    return True
                conflicts = await after_conflict(conflicts, f"the state of job {record.job.id}")
            except (nats.errors.Error, OSError) as error:
                problems += 1
                await self._handle_state_error(record, error)
        if contested:
            raise NotStored(f"the state of job {record.job.id} could not be stored: the present state cannot be read")
        return False

    async def _should_try_again(self, record: JobRecord, refusal: Refusal) -> bool:
        """Log the refusal of a state; returns whether to write the state again."""
        if lacks_room(refusal.err_code, refusal.description):
            self._scarcity.note_full(f"the state of job {record.job.id} is not recorded: {refusal.description}")
            self._on_unwritten(record)
            return False
        logger.warning("the state of job %s is not recorded: %s", record.job.id, refusal.description)
        if refusal.err_code == TTL_DISABLED:
            await make_buckets_again(self._js, self._config)
            return True
        return False

    async def _handle_state_error(self, record: JobRecord, error: Exception) -> None:
        logger.warning("the state of job %s is not recorded: %r", record.job.id, error)
        if isinstance(error, nats.errors.ConnectionClosedError):
            raise NotStored(f"the state of job {record.job.id} could not be stored: {error!r}") from error
        if isinstance(error, UNANSWERED):
            await make_buckets_again(self._js, self._config)

    async def _state_is_ours(self, record: JobRecord, delivery: Delivery, sent: list[bytes]) -> bool:
        """Return whether the present state is one of those `sent`. Raises `Superseded`, and nats-py's errors."""
        where = self._names
        last = await last_revision(self._js, where.states, where.key(where.states, record.job.id))
        if last.value in sent:
            _note_written(delivery, last.revision)
            return True
        state = record_of(last.value, JobState)
        if state is not None and not (state.seq == delivery.seq and state.stored == delivery.stored):
            # Another message of the job, which may have ended: then its result tells it.
            state = state.with_outcome(await stored_result(self._js, self._config, record.job.id))
        delivery.others = state.besides(delivery.seq, delivery.stored, time.time()) if state is not None else ()
        present = state.of_message(delivery.seq, delivery.stored) if state is not None else None
        if present is not None:
            check_present(present, delivery.attempt)
            if record.state == "running" and present.attempt == delivery.attempt:
                # This delivery has written a later state than its start.
                return True
        # Not before the check above: if this delivery is superseded, its next write must find the conflict again.
        delivery.state_revision = last.revision
        return False

    async def claim_failure(self, record: JobRecord, kind: str, delivery: Delivery, *, keeps_result: bool) -> None:
        """Reserve the outcome of a job for a failure of this `kind`, before the failed store is written.

        From then on no other delivery can store a success. Raises `Superseded` and `NotStored`.
        """
        await self.put_state(replace(record, storing=kind), delivery)
        if not keeps_result or delivery.attempt == 1:
            # The claim stops an earlier delivery, which a first delivery does not have; a later one reads the state.
            return
        claim = f"{delivery.seq} {delivery.stored} {delivery.attempt}"
        headers = {"KV-Operation": "DEL", CLAIM: claim, TTL: ttl_of(CLAIM_TTL)}
        try:
            await self.results.put(record, b"", headers, delivery, f"the claim on job {record.job.id}")
        except Superseded as error:
            if error.settled:
                await self.note_state(replace(record, state="done", error=""), delivery)
            raise
        except (NoRoom, Unfit) as error:
            logger.warning("%s", error)

    async def try_put_state(self, record: JobRecord, delivery: Delivery) -> None:
        """Try once to write a state; a failure is logged for debugging only."""
        await wait_for_start_write(delivery)
        subject, payload, headers = self._message(record, delivery)
        try:
            await self._pipeline.publish(subject, payload, headers, self._timeout)
        except (nats.errors.Error, OSError) as error:
            _log_not_recorded(record, error)

    def _message(self, record: JobRecord, delivery: Delivery | None) -> tuple[str, bytes, dict[str, str]]:
        if delivery is None:
            return record.message(self._config, self._worker_id)
        subject, payload, headers = record.message(self._config, self._worker_id, delivery.stored, delivery.others)
        headers[EXPECTED] = str(delivery.state_revision)
        return subject, payload, headers


def _note_written(delivery: Delivery | None, revision: int) -> None:
    """Note that the state of a delivery is stored at this revision."""
    if delivery is not None:
        delivery.state_revision = revision
        delivery.recorded = True


def _log_not_recorded(record: JobRecord, error: Exception) -> None:
    logger.debug("state %s of job %s is not recorded: %r", record.state, record.job.id, error)


async def wait_for_start_write(delivery: Delivery) -> None:
    """Wait until the write of the state "running" of a first delivery has its answer, or has timed out."""
    while (write := delivery.start_write) is not None:
        if isinstance(write, asyncio.Task):
            await ended_within(write, None)
        else:
            # `_on_start_answer` wakes it. A callback of the future would take a step of the loop more, for each job.
            waiter = asyncio.get_running_loop().create_future()
            delivery.start_waiters = [*(delivery.start_waiters or ()), waiter]
            await waiter
        if delivery.start_write is write and write.done():
            delivery.start_write = None
