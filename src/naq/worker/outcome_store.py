"""Storing the outcome of a job: its state, its result if that is kept, and its entry in the failed store."""

import logging
import time
from collections.abc import Awaitable
from typing import Final

import msgspec
import nats.errors
from msgspec.structs import replace
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import APIError

from naq.config import Config
from naq.encoding import TYPED_RESULT, Serializer
from naq.job import Job
from naq.queue.failures import FailureDetails, store_failure
from naq.queue.full_store import Scarcity
from naq.queue.publishing import lacks_room
from naq.records import FINAL, TYPED_VALUE, JobResult
from naq.typed_calls import TYPED
from naq.worker.delivery import Delivery
from naq.worker.job_record import JobRecord
from naq.worker.not_stored import NoRoom, NotStored, Unfit
from naq.worker.record_store import RecordStore
from naq.worker.settlement import Failure, Settlement

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 3


class OutcomeStore:
    """Stores the outcomes of one worker's jobs over one connection."""

    def __init__(
        self,
        connection: Client,
        js: JetStreamContext,
        config: Config,
        worker_id: str,
        scarcity: Scarcity,
        records: RecordStore,
    ) -> None:
        self._connection = connection
        self._js = js
        self._config = config
        self._worker_id = worker_id
        self._scarcity = scarcity
        self._records = records

    def store_first(self, delivery: Delivery, settlement: Settlement) -> Awaitable[bool]:
        """Store the outcome before the message is settled; a failure is stored small if a store was just full.

        Awaiting returns whether a success is recorded for as long as states are kept. Raises `Superseded` and
        `NotStored`.
        """
        if settlement.failure is not None:
            return self._store_failure_first(delivery, settlement, settlement.failure)
        if settlement.state == "done" and self._scarcity.failures_first:
            raise NoRoom("a failed job waits for room")
        return self._store(delivery, settlement)

    async def _store_failure_first(self, delivery: Delivery, settlement: Settlement, failure: Failure) -> bool:
        job = delivery.job
        if job is not None:
            record = JobRecord.after(job, settlement, delivery)
            keeps_result = self._result_ttl(job) > 0
            await self._records.claim_failure(record, failure.kind, delivery, keeps_result=keeps_result)
        if not self._scarcity.tight:
            return await self._store(delivery, settlement)
        if not await self.stored_small(delivery, settlement):
            raise NoRoom("the failed store could not be written")
        return False

    async def stored_small(self, delivery: Delivery, settlement: Settlement) -> bool:
        """Store a result, or the entry of a failure in the failed store; returns False when there is no room."""
        job, failure = delivery.job, settlement.failure
        try:
            if failure is None:
                await self._store(delivery, settlement)
                return True
            await self._store_failure(delivery, failure, settlement, small=True)
        except NotStored as error:
            self._scarcity.note_full(f"{delivery.named}: {error}")
            return False
        if job is not None:
            await self._records.note_state(JobRecord.after(job, settlement, delivery), delivery)
        return True

    async def store_final_state(self, delivery: Delivery, settlement: Settlement) -> None:
        """Try once to store that a job is done whose result finds no room: its state may be smaller."""
        if delivery.job is not None and settlement.failure is None:
            await self._records.try_put_state(JobRecord.after(delivery.job, settlement, delivery), delivery)

    async def _store(self, delivery: Delivery, settlement: Settlement) -> bool:
        """Store the failure and the outcome of a settlement; see `store_first`."""
        job, failure = delivery.job, settlement.failure
        if failure is not None:
            await self._store_failure(delivery, failure, settlement)
        if job is None or settlement.state is None:
            return False
        return await self.store_outcome(JobRecord.after(job, settlement, delivery), settlement, delivery)

    async def store_outcome(self, record: JobRecord, settlement: Settlement, delivery: Delivery | None) -> bool:
        """Write the result if it is kept, else the state, and wait for the confirmation.

        The state of a job with a result is also written, without waiting, unless the result tells it. For the returned
        value and the errors see `store_first`.
        """
        job, ttl = record.job, self._result_ttl(record.job)
        if record.state in FINAL and ttl > 0:
            try:
                result = _result(job, settlement, delivery, self._config.serializer)
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

    def _result_ttl(self, job: Job) -> float:
        ttl = job.options.result_ttl
        return self._config.queue.result_ttl if ttl is None else ttl


def _result(job: Job, settlement: Settlement, delivery: Delivery | None, serializer: Serializer) -> JobResult:
    failure, value = settlement.failure, settlement.result
    seq, stored = (delivery.seq, delivery.stored) if delivery is not None else (0, "")
    result = JobResult(job_id=job.id, state="done", seq=seq, stored=stored, at=time.time())
    if failure is not None:
        return replace(result, state="failed", error=failure.error, traceback=failure.traceback)
    if settlement.state == "cancelled":
        return replace(result, state="cancelled", error=settlement.left, ran=settlement.ran)
    if serializer == "cloudpickle":
        return replace(result, pickled=value)
    if value is not None and value.startswith(TYPED_RESULT):
        value = value[len(TYPED_RESULT) :]
        return replace(result, value=msgspec.Raw(value), typed=TYPED, pickled=TYPED_VALUE)
    return replace(result, value=msgspec.Raw(value or b"null"))
