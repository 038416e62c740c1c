"""Carrying out settlements: the outcome is stored and confirmed first, then the message is settled.

`naq.worker.settlement` makes the decisions. If the server does not answer, the message is not settled: it is
redelivered after its ack wait, and the worker then finds the stored outcome.
"""

import asyncio
import logging

import nats.errors
from msgspec.structs import replace
from nats.aio.client import Client
from nats.js import JetStreamContext

from naq.config import Config
from naq.events.lifecycle import LifecycleSink, emit
from naq.job import Job
from naq.queue.full_store import Scarcity
from naq.queue.pipeline import Pipeline
from naq.records import State
from naq.worker.answers import Answers
from naq.worker.delivery import Delivery
from naq.worker.job_record import JobRecord
from naq.worker.not_stored import NoRoom, NotStored, Unfit
from naq.worker.outcome_store import OutcomeStore
from naq.worker.precedence import Superseded
from naq.worker.record_store import RecordStore, wait_for_start_write
from naq.worker.settlement import Action, Failure, Settlement, Tally
from naq.worker.unwritten import UnwrittenTallies

logger = logging.getLogger(__name__)


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
        self._worker_id = worker_id
        self._events = events
        self._retry_delay = config.queue.retry_delay
        # Shared with all who store failures for this worker.
        self.scarcity = Scarcity()
        self._unwritten = UnwrittenTallies()
        self._records = RecordStore(
            connection, js, pipeline, config, worker_id, self.scarcity, self._unwritten.note, patient=patient
        )
        self._outcomes = OutcomeStore(connection, js, config, worker_id, self.scarcity, self._records)
        self._answers = Answers(connection, pipeline, config, patient=patient)

    def remembered(self, delivery: Delivery) -> Settlement | None:
        """Return the settlement of this message if its acknowledgement was not confirmed, else None."""
        return self._answers.remembered(delivery)

    def unwritten(self, delivery: Delivery) -> Tally | None:
        """Return the tally after the last delivery of a message if a full store did not accept it, else None."""
        return self._unwritten.of(delivery)

    async def settle(self, delivery: Delivery, settlement: Settlement) -> Settlement | None:
        """Store the outcome, then settle the message. Does not raise nats-py's errors.

        Returns the settlement that was carried out, which differs from the given one if the server does not accept the
        result or another delivery has the job; None when nothing could be stored, so that the message is redelivered.
        """
        try:
            recorded = await self._outcomes.store_first(delivery, settlement)
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
            await self._answers.conclude(delivery, settlement, recorded=recorded)
        if self._events is not None:
            await _announce(self._events, delivery.job, settlement, self._worker_id)
        return settlement

    async def _give_way(self, delivery: Delivery, settlement: Settlement, error: Superseded) -> Settlement:
        """Drop the outcome of a delivery whose message another delivery has settled or taken over."""
        logger.warning("%s: the outcome of delivery %d is dropped: %s", delivery.named, delivery.attempt, error)
        replaced = Settlement(Action.ACK if error.settled else Action.LEAVE, tally=settlement.tally)
        await self._answers.conclude(delivery, replaced)
        return replaced

    async def _settle_in_full_store(self, delivery: Delivery, settlement: Settlement, error: NoRoom) -> None:
        """Settle the message before its outcome is stored, which makes room: no job could leave a full store otherwise.

        A failure is stored small. An outcome that finds no room in time is given up: the job has run, and the log tells
        what is lost.
        """
        self.scarcity.note_full(f"{delivery.named}: {error}; the message is acknowledged first, to make room")
        failed = settlement.failure is not None
        outcome = "its entry in the failed store" if failed else "its result"
        text = f"{delivery.named} has ended ({settlement.state}), and {outcome}"
        until_stored = self.scarcity.failure_stored if failed else self.scarcity.result_stored
        await self._answers.conclude(delivery, settlement)
        try:
            stored = await until_stored(lambda: self._outcomes.stored_small(delivery, settlement))
        except asyncio.CancelledError:
            logger.error("%s may be lost: the worker was stopped while the store was full", text)
            raise
        if not stored:
            await self._outcomes.store_final_state(delivery, settlement)
            logger.error("%s is lost: the store is full", text)

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
            # This delivery had no outcome, so the tally stays the same for the next.
            self._unwritten.keep(delivery)
            await self._connection.publish(delivery.msg.reply, b"-NAK")
        except (nats.errors.Error, OSError) as error:
            logger.info("%s is not given back, but redelivered after its ack wait: %r", delivery.named, error)

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
        await self._outcomes.store_outcome(JobRecord.after(job, settlement), settlement, None)

    async def _not_stored(self, delivery: Delivery, settlement: Settlement, error: NotStored) -> None:
        """Leave the message unacknowledged: give it back after a failure, let it be redelivered after a success."""
        logger.error("%s: %s; the message will be delivered again", delivery.named, error)
        if settlement.failure is not None and self._connection.is_connected:
            delivery.settled = True
            if delivery.job is not None:
                # The run has ended, so it must not count as a run that never ended.
                await self.record(delivery.job, delivery, "retrying")
            await self._answers.nak(delivery, self._retry_delay)
        delivery.settled = True

    async def confirm(self, limit: float) -> None:
        """Wait for at most `limit` seconds until the server has processed all acknowledgements."""
        await self._answers.confirm(limit)


async def _announce(events: LifecycleSink, job: Job | None, settlement: Settlement, worker: str) -> None:
    if job is None:
        return
    if settlement.state == "done":
        await emit(events, "completed", job, worker=worker)
    elif settlement.state == "retrying":
        failures = settlement.tally.failures
        await emit(events, "retried", job, worker=worker, delay=settlement.delay, failures=failures)
    elif settlement.state == "cancelled":
        await emit(events, "cancelled", job, worker=worker, ran=settlement.ran)
    elif settlement.failure is not None:
        failure = settlement.failure
        await emit(events, "failed", job, worker=worker, error=failure.error, reason=failure.kind)


def _failed(settlement: Settlement, error: Unfit) -> Settlement:
    """Return the settlement of a job that has succeeded but whose result the server does not accept."""
    return Settlement(Action.ACK, "failed", failure=Failure("error", str(error)), tally=settlement.tally)
