"""Carrying out settlements: the outcome is stored and confirmed first, then the message is settled.

`naq.worker.settlement` makes the decisions. If the server does not answer, the message is not settled: it is
redelivered after its ack wait, and the worker then finds the stored outcome.
"""

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable

import msgspec
import nats.errors
from msgspec.structs import replace
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError

from naq.config import Config
from naq.encoding import TYPED_RESULT
from naq.events.lifecycle import LifecycleSink, emit
from naq.job import Job
from naq.queue.failures import FailureDetails, store_failure
from naq.queue.full_store import Scarcity
from naq.queue.memory import Bounded
from naq.queue.pipeline import Pipeline
from naq.queue.publishing import lacks_room
from naq.records import FINAL, TYPED_VALUE, JobResult, State
from naq.typed_calls import TYPED
from naq.worker.delivery import Delivery
from naq.worker.job_record import JobRecord
from naq.worker.not_stored import NoRoom, NotStored, Unfit
from naq.worker.precedence import Superseded
from naq.worker.record_store import RecordStore, wait_for_start_write
from naq.worker.settlement import Action, Failure, Settlement, Tally

logger = logging.getLogger(__name__)

ATTEMPTS = 3
# A record lasts if it is kept for so many times the ack wait.
LASTING = 10
# How many settlements without a confirmed acknowledgement are kept, to settle the same message at once when it is
# delivered again.
REMEMBERED = 10_000


class Settler:
    """Settles the messages of one worker over one connection."""

    def __init__(
        self,
        connection: Client,
        js: JetStreamContext,
        pipeline: Pipeline,
        config: Config,
        worker_id: str,
        events: LifecycleSink | None = None,
        *,
        patient: bool = False,
    ) -> None:
        self._connection = connection
        self._js = js
        self._pipeline = pipeline
        self._config = config
        self._worker_id = worker_id
        self._events = events
        self._timeout = config.queue.publish_timeout
        # Whether a message whose acknowledgement was lost comes again while the record of its success still exists.
        lasting = config.queue.state_ttl >= LASTING * config.worker.ack_wait
        self._acknowledges_at_once = patient and lasting
        # Shared with all who store failures for this worker.
        self.scarcity = Scarcity()
        self._records = RecordStore(
            connection, js, pipeline, config, worker_id, self.scarcity, self._note_unwritten, patient=patient
        )
        # Tallies of jobs that will be delivered again and that could not be written, as there was no room: by message
        # and delivery, the job's id and its tally.
        self._unwritten: Bounded[tuple[int, int], tuple[str, Tally]] = Bounded(REMEMBERED)
        self._unconfirmed: OrderedDict[tuple[int, str], Settlement] = OrderedDict()
        # By subject of jobs: reply subject and time of the last acknowledgement without a confirmation.
        self._acknowledged: dict[str, tuple[str, float]] = {}

    def remembered(self, delivery: Delivery) -> Settlement | None:
        """Return the settlement of this message if its acknowledgement was not confirmed, else None."""
        return self._unconfirmed.get(delivery.mark) if self._unconfirmed else None

    def unwritten(self, delivery: Delivery) -> Tally | None:
        """Return the tally after the last delivery of a message if a full store did not accept it, else None."""
        job_id, tally = self._unwritten.get((delivery.seq, delivery.attempt - 1)) or ("", None)
        return tally if delivery.job is not None and delivery.job.id == job_id else None

    async def settle(self, delivery: Delivery, settlement: Settlement) -> Settlement | None:
        """Store the outcome, then settle the message. Does not raise nats-py's errors.

        Returns the settlement that was carried out, which differs from the given one if the server does not accept the
        result or another delivery has the job; None when nothing could be stored, so that the message is redelivered.
        """
        try:
            recorded = await self._store_first(delivery, settlement)
        except Superseded as error:
            return await self._give_way(delivery, settlement, error)
        except Unfit as error:
            return await self.settle(delivery, _failed(settlement, error))
        except NoRoom as error:
            await self._settle_in_full_store(delivery, settlement, error)
        except NotStored as error:
            await self._not_stored(delivery, settlement, error)
            return None
        else:
            await self._conclude(delivery, settlement, recorded=recorded)
        if self._events is not None:
            await self._announce(self._events, delivery.job, settlement)
        return settlement

    async def _give_way(self, delivery: Delivery, settlement: Settlement, error: Superseded) -> Settlement:
        """Drop the outcome of a delivery whose message another delivery has settled or taken over."""
        logger.warning("%s: the outcome of delivery %d is dropped: %s", _named(delivery), delivery.attempt, error)
        replaced = Settlement(Action.ACK if error.settled else Action.LEAVE, tally=settlement.tally)
        await self._conclude(delivery, replaced)
        return replaced

    async def _conclude(self, delivery: Delivery, settlement: Settlement, *, recorded: bool = False) -> None:
        """Settle the message, and remember the settlement if the server has not confirmed it.

        The acknowledgement of a first delivery whose success is `recorded` needs no confirmation: if it is lost, the
        next delivery finds the record.
        """
        try:
            if recorded and self._acknowledges_at_once and delivery.attempt == 1:
                await self._acknowledge(delivery)
                confirmed = True
            else:
                confirmed = await self._answer(delivery, settlement)
        except (nats.errors.Error, OSError) as error:
            logger.warning("%s is not settled, and will be delivered again: %r", _named(delivery), error)
            confirmed = False
        delivery.settled = True
        if not confirmed and settlement.action is not Action.NAK:
            self._remember(delivery, settlement)

    def _store_first(self, delivery: Delivery, settlement: Settlement) -> Awaitable[bool]:
        """Store the outcome before the message is settled; a failure is stored small if a store was just full.

        Awaiting returns whether a success is recorded for as long as states are kept. Raises `Superseded` and
        `NotStored`.
        """
        if settlement.failure is not None:
            return self._store_failure_first(delivery, settlement, settlement.failure)
        if settlement.state == "done" and self.scarcity.failures_first:
            raise NoRoom("a failed job waits for room")
        return self._store(delivery, settlement)

    async def _store_failure_first(self, delivery: Delivery, settlement: Settlement, failure: Failure) -> bool:
        job = delivery.job
        if job is not None:
            record = JobRecord.after(job, settlement, delivery)
            keeps_result = self._result_ttl(job) > 0
            await self._records.claim_failure(record, failure.kind, delivery, keeps_result=keeps_result)
        if not self.scarcity.tight:
            return await self._store(delivery, settlement)
        if not await self._stored_small(delivery, settlement):
            raise NoRoom("the failed store could not be written")
        return False

    async def _settle_in_full_store(self, delivery: Delivery, settlement: Settlement, error: NoRoom) -> None:
        """Settle the message before its outcome is stored, which makes room: no job could leave a full store otherwise.

        A failure is stored small. An outcome that finds no room in time is given up: the job has run, and the log tells
        what is lost.
        """
        self.scarcity.note_full(f"{_named(delivery)}: {error}; the message is acknowledged first, to make room")
        failed = settlement.failure is not None
        outcome = "its entry in the failed store" if failed else "its result"
        text = f"{_named(delivery)} has ended ({settlement.state}), and {outcome}"
        until_stored = self.scarcity.failure_stored if failed else self.scarcity.result_stored
        await self._conclude(delivery, settlement)
        try:
            stored = await until_stored(lambda: self._stored_small(delivery, settlement))
        except asyncio.CancelledError:
            logger.error("%s may be lost: the worker was stopped while the store was full", text)
            raise
        if not stored:
            await self._store_final_state(delivery, settlement)
            logger.error("%s is lost: the store is full", text)

    async def _stored_small(self, delivery: Delivery, settlement: Settlement) -> bool:
        """Store a result, or the entry of a failure in the failed store; returns False when there is no room."""
        job, failure = delivery.job, settlement.failure
        try:
            if failure is None:
                await self._store(delivery, settlement)
                return True
            await self._store_failure(delivery, failure, settlement, small=True)
        except NotStored as error:
            self.scarcity.note_full(f"{_named(delivery)}: {error}")
            return False
        if job is not None:
            await self._records.note_state(JobRecord.after(job, settlement, delivery), delivery)
        return True

    async def _store_final_state(self, delivery: Delivery, settlement: Settlement) -> None:
        """Try once to store that a job is done whose result finds no room: its state may be smaller."""
        if delivery.job is not None and settlement.failure is None:
            await self._records.try_put_state(JobRecord.after(delivery.job, settlement, delivery), delivery)

    async def give_back(self, delivery: Delivery) -> None:
        """Give a message back at once without counting a run; a message that another worker may have is left alone."""
        delivery.settled = True
        if delivery.doubtful:
            return
        try:
            if delivery.started and delivery.job is not None:
                if delivery.attempt > 1:
                    # A progress that is being written would have another revision than the next state expects.
                    await wait_for_start_write(delivery)
                # This worker has ended the run, so it must not count as a run that never ended.
                await self.record(delivery.job, delivery, "queued")
            known = self._unwritten.get((delivery.seq, delivery.attempt - 1))
            if known is not None:
                # This delivery had no outcome, so the tally stays the same for the next.
                self._unwritten.put((delivery.seq, delivery.attempt), known)
            await self._connection.publish(delivery.msg.reply, b"-NAK")
        except (nats.errors.Error, OSError) as error:
            logger.info("%s is not given back, but redelivered after its ack wait: %r", _named(delivery), error)

    async def record(self, job: Job, delivery: Delivery, state: State) -> None:
        """Write a job's state without waiting for the server."""
        record = JobRecord(job, state, delivery.tally, delivery.seq, delivery.attempt)
        await self._records.note_state(record, delivery)

    async def record_progress(self, job: Job, delivery: Delivery, fraction: float, text: str) -> None:
        """Write the progress of a running job, unless another delivery of the message has the job."""
        record = JobRecord(job, "running", delivery.tally, delivery.seq, delivery.attempt)
        await self._records.note_progress(replace(record, progress=fraction, progress_text=text), delivery)

    async def record_start(self, job: Job, delivery: Delivery) -> None:
        """Write that a run starts; except for the first run, wait for the server to confirm it.

        Raises `Superseded` when another delivery of the message has the job, and `NotStored`.
        """
        record = JobRecord(job, "running", delivery.tally, delivery.seq, delivery.attempt)
        if delivery.attempt == 1:
            await self._records.announce_start(record, delivery)
        else:
            # The next delivery must find out that this run has started.
            await self._records.put_state(record, delivery)

    async def record_detached(self, job: Job, state: State, error: str = "") -> None:
        """Write the state of a job that did not come from a queue, without waiting for the server."""
        await self._records.note_state(JobRecord(job, state, error=error))

    async def store_detached(self, job: Job, settlement: Settlement) -> None:
        """Store the outcome of a job that did not come from a queue. Raises `NotStored`."""
        await self._store_outcome(JobRecord.after(job, settlement), settlement, None)

    async def _store(self, delivery: Delivery, settlement: Settlement) -> bool:
        """Store the failure and the outcome of a settlement; see `_store_first`."""
        job, failure = delivery.job, settlement.failure
        if failure is not None:
            await self._store_failure(delivery, failure, settlement)
        if job is None or settlement.state is None:
            return False
        return await self._store_outcome(JobRecord.after(job, settlement, delivery), settlement, delivery)

    async def _store_outcome(self, record: JobRecord, settlement: Settlement, delivery: Delivery | None) -> bool:
        """Write the result if it is kept, else the state, and wait for the confirmation.

        The state of a job with a result is also written, without waiting, unless the result tells it. For the returned
        value and the errors see `_store_first`.
        """
        job, ttl = record.job, self._result_ttl(record.job)
        if record.state in FINAL and ttl > 0:
            try:
                result = self._result(job, settlement, delivery)
                await self._records.results.put_result(record, result, ttl, delivery)
            except Unfit as refusal:
                if settlement.failure is None:
                    raise
                logger.warning("%s", refusal)
            else:
                told = record.state == "done" and delivery is not None and self._records.told_by_result(delivery, ttl)
                if not told:
                    await self._records.note_state(record, delivery, won=True)
                return told
        return await self._records.put_state(record, delivery) and record.state == "done"

    async def _store_failure(
        self, delivery: Delivery, failure: Failure, settlement: Settlement, *, small: bool = False
    ) -> None:
        job = delivery.job
        details = FailureDetails(
            kind=failure.kind,
            error=failure.error,
            traceback=failure.traceback,
            queue=delivery.queue,
            job_id=job.id if job else "",
            function=job.function if job else "",
            failures=settlement.tally.failures,
            deliveries=delivery.deliveries,
            worker=self._worker_id,
            seq=delivery.seq,
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await store_failure(self._connection, self._js, self._config, details, delivery.msg.data, small=small)
                return
            except (nats.errors.Error, OSError) as error:
                if isinstance(error, APIError) and lacks_room(error.err_code, error.description):
                    raise NoRoom(f"the failed store could not be written: {error.description}") from error
                logger.warning("writing to the failed store, try %d of %d: %r", attempt, ATTEMPTS, error)
                if attempt == ATTEMPTS or isinstance(error, (APIError, nats.errors.ConnectionClosedError)):
                    raise NotStored(f"the failed store could not be written: {error!r}") from error

    def _result(self, job: Job, settlement: Settlement, delivery: Delivery | None) -> JobResult:
        failure, value = settlement.failure, settlement.result
        seq, stored = (delivery.seq, delivery.stored) if delivery is not None else (0, "")
        result = JobResult(job_id=job.id, state="done", seq=seq, stored=stored, at=time.time())
        if failure is not None:
            return replace(result, state="failed", error=failure.error, traceback=failure.traceback)
        if settlement.state == "cancelled":
            return replace(result, state="cancelled", error=settlement.left, ran=settlement.ran)
        if self._config.serializer == "cloudpickle":
            return replace(result, pickled=value)
        if value is not None and value.startswith(TYPED_RESULT):
            value = value[len(TYPED_RESULT) :]
            return replace(result, value=msgspec.Raw(value), typed=TYPED, pickled=TYPED_VALUE)
        return replace(result, value=msgspec.Raw(value or b"null"))

    def _note_unwritten(self, record: JobRecord) -> None:
        if record.state in ("retrying", "waiting"):
            self._unwritten.put((record.seq, record.attempt), (record.job.id, record.tally))

    async def _not_stored(self, delivery: Delivery, settlement: Settlement, error: NotStored) -> None:
        """Leave the message unacknowledged: give it back after a failure, let it be redelivered after a success."""
        logger.error("%s: %s; the message will be delivered again", _named(delivery), error)
        if settlement.failure is not None and self._connection.is_connected:
            delivery.settled = True
            if delivery.job is not None:
                # The run has ended, so it must not count as a run that never ended.
                await self.record(delivery.job, delivery, "retrying")
            await self._nak(delivery, self._config.queue.retry_delay)
        delivery.settled = True

    async def _acknowledge(self, delivery: Delivery) -> None:
        """Acknowledge a message without waiting for the server."""
        self._acknowledged[delivery.msg.subject] = delivery.msg.reply, time.monotonic()
        await self._connection.publish(delivery.msg.reply, b"")

    async def confirm(self, limit: float) -> None:
        """Wait for at most `limit` seconds until the server has processed all acknowledgements.

        Acknowledging the last message of each consumer again is enough, as a consumer processes them in order. An older
        one is left alone: it was processed, and the stream may have been made again, with other messages by its number.
        """
        if not self._connection.is_connected:
            return
        since = time.monotonic() - self._timeout
        last = [reply for reply, at in self._acknowledged.values() if at > since]
        requests = [self._pipeline.request(reply, b"", timeout=limit) for reply in last]
        for error in await asyncio.gather(*requests, return_exceptions=True):
            if isinstance(error, Exception):
                logger.debug("the acknowledgements are not confirmed: %r", error)

    async def _answer(self, delivery: Delivery, settlement: Settlement) -> bool:
        if settlement.action is Action.LEAVE:
            return True
        if settlement.action is Action.NAK:
            if delivery.doubtful:
                # It is redelivered after its ack wait; if it was given back too, two workers could get it.
                return True
            await self._nak(delivery, settlement.delay)
            return True
        acknowledgement = b"" if settlement.action is Action.ACK else b"+TERM"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._pipeline.request(delivery.msg.reply, acknowledgement, timeout=self._timeout)
            except nats.errors.TimeoutError:
                logger.info("%s: acknowledgement %d of %d not confirmed", _named(delivery), attempt, ATTEMPTS)
            else:
                self._unconfirmed.pop(delivery.mark, None)
                return True
        return False

    async def _nak(self, delivery: Delivery, delay: float) -> None:
        # Before it is sent: the message may come back at once, and is another delivery then.
        delivery.settled = True
        payload = b"-NAK" if delay <= 0 else b"-NAK " + json.dumps({"delay": int(delay * 1e9)}).encode()
        await self._connection.publish(delivery.msg.reply, payload)

    def _remember(self, delivery: Delivery, settlement: Settlement) -> None:
        self._unconfirmed[delivery.mark] = Settlement(settlement.action, tally=settlement.tally)
        if len(self._unconfirmed) > REMEMBERED:
            self._unconfirmed.popitem(last=False)

    def _result_ttl(self, job: Job) -> float:
        ttl = job.options.result_ttl
        return self._config.queue.result_ttl if ttl is None else ttl

    async def _announce(self, events: LifecycleSink, job: Job | None, settlement: Settlement) -> None:
        if job is None:
            return
        if settlement.state == "done":
            await emit(events, "completed", job, worker=self._worker_id)
        elif settlement.state == "retrying":
            failures = settlement.tally.failures
            await emit(events, "retried", job, worker=self._worker_id, delay=settlement.delay, failures=failures)
        elif settlement.state == "cancelled":
            await emit(events, "cancelled", job, worker=self._worker_id, ran=settlement.ran)
        elif settlement.failure is not None:
            failure = settlement.failure
            await emit(events, "failed", job, worker=self._worker_id, error=failure.error, reason=failure.kind)


def _failed(settlement: Settlement, error: Unfit) -> Settlement:
    """Return the settlement of a job that has succeeded but whose result the server does not accept."""
    return Settlement(Action.ACK, "failed", failure=Failure("error", str(error)), tally=settlement.tally)


def _named(delivery: Delivery) -> str:
    return f"job {delivery.job.id}" if delivery.job else f"message {delivery.seq} of queue {delivery.queue}"
