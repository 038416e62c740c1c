"""Writing states and results of jobs, each only where no other worker has written since.

Every write names the revision that it may replace, and the server compares: a worker that was stalled cannot replace
what the next delivery of the message has stored, however long it was stalled for and at which line.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError

from naq.config import Config
from naq.errors import NaqError, PermissionDenied
from naq.queue.full_store import Scarcity
from naq.queue.pipeline import Pipeline, Refusal, stored
from naq.queue.publishing import lacks_room
from naq.queue.results import LastValue, last_revision, record_of
from naq.queue.streams import ensure_buckets, names
from naq.records import FINAL, JobResult, JobState, MessageState, State, encode
from naq.worker.delivery import Delivery
from naq.worker.job_record import JobRecord, ttl_header

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 3
LONGEST_PAUSE: Final = 5.0
# How often a record is read again that others write meanwhile. A replica may answer with an old revision for a moment.
MOST_CONFLICTS: Final = 10
FIRST_PAUSE: Final = 0.01

EXPECTED: Final = "Nats-Expected-Last-Subject-Sequence"
# In a deleted result: the delivery of which message is storing a failure.
CLAIM: Final = "Naq-Claim"
CLAIM_TTL: Final = 3600.0

# The server's numbers for another revision than the expected, for a message that it will never take, and for one that
# the bucket is not set up for.
WRONG_REVISION: Final = frozenset({10071, 10164})
UNFIT: Final = frozenset({10054, 10165})
TTL_DISABLED: Final = 10166
# Errors of a publish to a missing bucket: when there are subscribers, the server does not report a missing stream.
UNANSWERED: Final = (NoStreamResponseError, nats.errors.TimeoutError)


class NotStored(NaqError):
    """What had to be stored first could not be."""


class Unfit(NotStored):
    """What had to be stored will not be taken, however often it is tried."""


class NoRoom(NotStored):
    """What had to be stored first is refused because a store is full."""


class Superseded(Exception):
    """Another delivery of the message has the job; with `settled`, it has stored its outcome."""

    def __init__(self, *, settled: bool) -> None:
        super().__init__("another delivery of the message has stored its outcome" if settled else "it is at work")
        self.settled = settled


class RecordStore:
    """Writes the records of one worker over one connection."""

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
        self._patient = patient
        self._timeout = config.queue.publish_timeout

    async def announce_start(self, record: JobRecord, delivery: Delivery) -> None:
        """Write that the first run of a job begins, without waiting for the server."""
        subject, payload, headers = self._message(record, delivery)
        try:
            begun = await self._pipeline.send(subject, payload, headers, self._timeout)
        except (nats.errors.Error, OSError) as problem:
            logger.debug("state running of job %s is not recorded: %r", record.job.id, problem)
            return
        delivery.begun = begun
        begun.add_done_callback(functools.partial(self._on_begun, record, delivery))

    def _on_begun(self, record: JobRecord, delivery: Delivery, begun: asyncio.Future[Msg]) -> None:
        delivery.begun = None
        if begun.cancelled() or begun.exception() is not None:
            return
        try:
            answer = stored(begun.result())
        except (nats.errors.Error, OSError):
            return
        if answer.error is None:
            delivery.state_revision = answer.seq
        elif answer.error.err_code in WRONG_REVISION and not delivery.settled:
            # There is a state of an earlier message with the same job id, mostly.
            name = f"naq start of job {record.job.id}"
            delivery.begun = asyncio.create_task(self._begin_again(record, delivery), name=name)

    async def _begin_again(self, record: JobRecord, delivery: Delivery) -> None:
        try:
            await self._put_state(record, delivery)
        except (Superseded, NotStored) as problem:
            logger.debug("state running of job %s is not recorded: %s", record.job.id, problem)

    async def note_state(self, record: JobRecord, delivery: Delivery | None = None, *, won: bool = False) -> None:
        """Write a state without waiting for the server.

        `won`: the result of this delivery is stored, so that its state replaces any other.
        """
        subject, payload, headers = self._message(record, delivery)
        if delivery is None or won or delivery.begun is not None:
            headers.pop(EXPECTED, None)
        try:
            await self._connection.publish(subject, payload, headers=headers)
        except (nats.errors.Error, OSError) as problem:
            logger.debug("state %s of job %s is not recorded: %r", record.state, record.job.id, problem)

    async def put_state(self, record: JobRecord, delivery: Delivery | None) -> None:
        """Write a state and wait for the server to confirm it.

        A state that finds no room, or that the server refuses, is left out with a warning. Raises `Superseded` when
        another delivery of the message has the job, and `NotStored` when the connection is closed or the present
        state cannot be found out.
        """
        if delivery is not None:
            await begun(delivery)
        await self._put_state(record, delivery)

    async def _put_state(self, record: JobRecord, delivery: Delivery | None) -> None:
        sent: list[bytes] = []
        problems = conflicts = 0
        contested = False
        # The state matters, but a job must not wait without limit for a bucket that takes nothing: settled jobs make
        # room in a full bucket.
        while problems < ATTEMPTS:
            subject, payload, headers = self._message(record, delivery)
            sent.append(payload)
            try:
                answer = await self._pipeline.publish(subject, payload, headers, self._timeout)
                refusal = answer.error
                if refusal is None:
                    if delivery is not None:
                        delivery.state_revision = answer.seq
                    return
                if delivery is None or refusal.err_code not in WRONG_REVISION:
                    problems += 1
                    if not await self._is_worth_another_try(record, refusal):
                        return
                    continue
                contested = True
                if await self._state_is_ours(record, delivery, sent):
                    return
                conflicts = await _after_conflict(conflicts, f"the state of job {record.job.id}")
            except (nats.errors.Error, OSError) as problem:
                problems += 1
                await self._unconfirmed(record, problem)
        if contested:
            raise NotStored(f"the state of job {record.job.id} could not be stored: the present state is not known")

    async def _is_worth_another_try(self, record: JobRecord, refusal: Refusal) -> bool:
        """Whether to write a refused state again."""
        if lacks_room(refusal.err_code, refusal.description):
            self._scarcity.note_full(f"state of job {record.job.id} is not recorded: {refusal.description}")
            self._on_unwritten(record)
            return False
        logger.warning("state of job %s is not recorded: %s", record.job.id, refusal.description)
        if refusal.err_code == TTL_DISABLED:
            await self._repair()
            return True
        return False

    async def _unconfirmed(self, record: JobRecord, problem: Exception) -> None:
        logger.warning("state of job %s is not recorded: %r", record.job.id, problem)
        if isinstance(problem, nats.errors.ConnectionClosedError):
            raise NotStored(f"the state of job {record.job.id} could not be stored: {problem!r}") from problem
        if isinstance(problem, UNANSWERED):
            await self._repair()

    async def _state_is_ours(self, record: JobRecord, delivery: Delivery, sent: list[bytes]) -> bool:
        """Read the present state: whether it is one of those `sent`; raises `Superseded`, and nats-py's errors."""
        where = self._names
        last = await last_revision(self._js, where.states, where.key(where.states, record.job.id))
        if last.value in sent:
            delivery.state_revision = last.revision
            return True
        state = record_of(last.value, JobState)
        delivery.others = state.besides(delivery.seq, delivery.stored, time.time()) if state is not None else ()
        present = state.of_message(delivery.seq, delivery.stored) if state is not None else None
        if present is not None:
            check_present(present, delivery.attempt)
        # Only now: a delivery that is superseded must find the conflict again with whatever it writes next.
        delivery.state_revision = last.revision
        return False

    async def claim_failure(self, record: JobRecord, kind: str, delivery: Delivery, *, keeps_result: bool) -> None:
        """Reserve the outcome of a job for a failure of this `kind`, before the failed store is written.

        From then on no other delivery can store a success. Raises `Superseded` and `NotStored`.
        """
        await self.put_state(record._replace(storing=kind), delivery)
        if not keeps_result or delivery.attempt == 1:
            # A later delivery begins only where it finds no claim, and a first delivery has no earlier.
            return
        claim = f"{delivery.seq} {delivery.stored} {delivery.attempt}"
        headers = {"KV-Operation": "DEL", CLAIM: claim, "Nats-TTL": ttl_header(CLAIM_TTL)}
        try:
            await self._put_result(record, b"", headers, delivery, f"the claim on job {record.job.id}")
        except Superseded as problem:
            if problem.settled:
                await self.note_state(record._replace(state="done", error=""), delivery)
            raise
        except (NoRoom, Unfit) as problem:
            logger.warning("%s", problem)

    async def put_result(self, record: JobRecord, result: JobResult, ttl: float, delivery: Delivery | None) -> None:
        """Write a result and wait for the server to confirm it; a patient store goes on trying.

        Raises `Superseded` when another delivery has stored its outcome, else `Unfit`, `NoRoom` or `NotStored`.
        """
        headers = {"Nats-TTL": ttl_header(ttl)}
        await self._put_result(record, encode(result), headers, delivery, f"the result of job {result.job_id}")

    async def _put_result(
        self, record: JobRecord, payload: bytes, headers: dict[str, str], delivery: Delivery | None, what: str
    ) -> None:
        where = self._names
        subject = where.key(where.results, record.job.id)
        attempt = conflicts = 0
        while True:
            attempt += 1
            if delivery is not None:
                headers[EXPECTED] = str(delivery.result_revision)
            try:
                answer = await self._pipeline.publish(subject, payload, headers, self._timeout)
                refusal = answer.error
                if refusal is None:
                    if delivery is not None:
                        delivery.result_revision = answer.seq
                    return
                if delivery is not None and refusal.err_code in WRONG_REVISION:
                    last = await last_revision(self._js, where.results, subject)
                    ours = _result_is_ours(last, payload, headers, delivery, record.state)
                    delivery.result_revision = last.revision
                    if ours:
                        return
                    conflicts = await _after_conflict(conflicts, what)
                    continue
                pause, gone, problem = self._pause(refusal, attempt, what)
            except nats.errors.ConnectionClosedError as error:
                raise NotStored(f"{what} could not be stored: {error!r}") from error
            except PermissionDenied as error:
                raise Unfit(f"{what} cannot be stored: {error}") from error
            except (nats.errors.Error, OSError) as error:
                problem, pause = repr(error), self._config.nats.reconnect_time_wait
                gone = isinstance(error, UNANSWERED)
            if attempt >= ATTEMPTS and not self._patient:
                raise NotStored(f"{what} could not be stored: {problem}")
            logger.warning("%s is not stored, try %d: %s", what, attempt, problem)
            if gone:
                await self._repair()
            await asyncio.sleep(0 if gone and attempt == 1 else pause)

    def _pause(self, refusal: Refusal, attempt: int, what: str) -> tuple[float, bool, str]:
        """How long to wait before the next try, whether the bucket needs repair, and the server's words.

        Raises `NoRoom` and `Unfit`.
        """
        problem = refusal.description
        if lacks_room(refusal.err_code, problem):
            raise NoRoom(f"{what} could not be stored: {problem}")
        if refusal.err_code in UNFIT:
            raise Unfit(f"{what} cannot be stored: {problem}")
        return min(LONGEST_PAUSE, 0.1 * 2 ** min(attempt, 10)), refusal.err_code == TTL_DISABLED, problem

    async def put_last_word(self, record: JobRecord, delivery: Delivery) -> None:
        """Try once to write a state, without a warning when that does not succeed."""
        await begun(delivery)
        subject, payload, headers = self._message(record, delivery)
        try:
            await self._pipeline.publish(subject, payload, headers, self._timeout)
        except (nats.errors.Error, OSError) as problem:
            logger.debug("state %s of job %s is not recorded: %r", record.state, record.job.id, problem)

    def _message(self, record: JobRecord, delivery: Delivery | None) -> tuple[str, bytes, dict[str, str]]:
        if delivery is None:
            return record.message(self._config, self._worker_id)
        subject, payload, headers = record.message(self._config, self._worker_id, delivery.stored, delivery.others)
        return subject, payload, {**headers, EXPECTED: str(delivery.state_revision)}

    async def _repair(self) -> None:
        """Create the buckets again: they were deleted, or the server has restarted with an empty store."""
        try:
            await ensure_buckets(self._js, self._config)
        except (nats.errors.Error, OSError) as error:
            logger.warning("the buckets cannot be created again: %r", error)


async def begun(delivery: Delivery) -> None:
    """Wait until the server has answered to the state "running" of a first delivery, or its time is over."""
    while delivery.begun is not None:
        await asyncio.wait({delivery.begun})
        if isinstance(delivery.begun, asyncio.Task) and delivery.begun.done():
            delivery.begun = None
        # The callback of the answer runs in the next turn of the loop.
        await asyncio.sleep(0)


def check_present(present: MessageState, attempt: int) -> None:
    """Raise `Superseded` when the present state of a message does not leave the job to its delivery `attempt`."""
    ended = present.state in FINAL and present.attempt != attempt
    if ended or present.attempt > attempt:
        raise Superseded(settled=ended and not present.storing)


def _result_is_ours(last: LastValue, payload: bytes, headers: dict[str, str], delivery: Delivery, state: State) -> bool:
    """Whether what was to be written is there; raises `Superseded` when another delivery has written instead."""
    claim = last.headers.get(CLAIM, "")
    if claim:
        seq, stored_at, attempt = claim.split()
        if (seq, stored_at) == (str(delivery.seq), delivery.stored) and int(attempt) > delivery.attempt:
            raise Superseded(settled=False)
        return claim == headers.get(CLAIM)
    if last.value is not None and last.value == payload:
        return True
    result = record_of(last.value, JobResult)
    if result is None or not result.is_of(delivery.seq, delivery.stored):
        return False
    if state == "failed" and result.state == "failed":
        # The failure is being stored for a delivery that did not get so far.
        return True
    raise Superseded(settled=True)


async def _after_conflict(conflicts: int, what: str) -> int:
    """Pause before a record is written again, the longer the more conflicts there were; returns their new number."""
    if conflicts + 1 >= MOST_CONFLICTS:
        raise NotStored(f"{what} could not be stored: other workers write it again and again")
    if conflicts:
        await asyncio.sleep(FIRST_PAUSE * 2**conflicts)
    return conflicts + 1
