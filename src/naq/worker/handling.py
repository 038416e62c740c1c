"""Handling one delivery, from its message to its settlement.

A `Handler` reads what earlier deliveries have recorded, checks the job's dependencies, finds its function, runs it, and
has the outcome settled. Pulling, slots and stopping are in `naq.worker.session`.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import nats.errors
from nats.js import JetStreamContext

from naq.cancellation import Cut
from naq.config import Config
from naq.errors import DeserializationError, UnknownOption
from naq.events.lifecycle import LifecycleSink, emit
from naq.job import Job, JobOptions, with_task_options
from naq.limits import Limited
from naq.queue.message import job_in
from naq.queue.unique import release
from naq.records import FINAL
from naq.worker.cancel_requests import CancelRequests
from naq.worker.delivery import Delivery
from naq.worker.delivery_history import Records
from naq.worker.dependency_check import DependencyCheck
from naq.worker.describing import one_line, text_of
from naq.worker.exclusive_gate import Gate, GateClosed, Leave
from naq.worker.execution import Executor
from naq.worker.limit_entry import Entry, held
from naq.worker.limiter import Limiter
from naq.worker.not_stored import NotStored
from naq.worker.observing import Observer, observed
from naq.worker.precedence import Superseded
from naq.worker.progress import ProgressReports, context_of
from naq.worker.settlement import (
    NOTHING_BEFORE,
    Action,
    Cancelled,
    FailedBefore,
    Forbidden,
    LostTooOften,
    Outcome,
    OverLimit,
    Overtaken,
    Policy,
    Raised,
    Returned,
    SettledBefore,
    Settlement,
    Stopping,
    Undecodable,
    Unimportable,
    Waiting,
    decide,
)
from naq.worker.settler import Settler
from naq.worker.waking import Waker

logger = logging.getLogger(__name__)

# Seconds that a job waits for another job that runs alone before it is given back.
ENTRY = 0.25
# Seconds for which a job waits for the others to end, and then keeps them out, after one run of it never ended: perhaps
# another job had ended the worker, and a long job must not block its worker.
PROBATION = 10.0
NO_OPTIONS = JobOptions()
# From so many runs that never ended on, the job itself is taken for the cause.
CERTAIN = 2


@dataclass(slots=True)
class Counts:
    """The numbers of jobs that a worker has handled; `returned` are those that it gave back while stopping."""

    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    waited: int = 0
    returned: int = 0
    cancelled: int = 0

    def add(self, settlement: Settlement) -> None:
        """Count a settlement."""
        match settlement.state:
            case "done":
                self.succeeded += 1
            case "failed":
                self.failed += 1
            case "retrying":
                self.retried += 1
            case "waiting":
                self.waited += 1
            case "cancelled":
                self.cancelled += 1


class Handler:
    """Handles the deliveries of one worker over one connection."""

    def __init__(
        self,
        js: JetStreamContext,
        config: Config,
        settler: Settler,
        executor: Executor,
        counts: Counts,
        worker_id: str,
        events: LifecycleSink | None,
        gate: Gate,
        waker: Waker | None = None,
        observers: Sequence[Observer] = (),
        requests: CancelRequests | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        self._limiter = limiter
        self._waker = waker
        self._observers = observers
        self._requests = requests
        self._js = js
        self._config = config
        self._default_policy = Policy.of(NO_OPTIONS, config)
        self._records = Records(js, config)
        self._dependency_check = DependencyCheck(config, self._records)
        self._gate = gate
        self._settler = settler
        self._executor = executor
        self._counts = counts
        self._worker_id = worker_id
        self._events = events
        self._loop = asyncio.get_running_loop()

    async def handle(self, delivery: Delivery) -> Outcome | None:
        """Handle a delivery to its end; returns its outcome, None when the server was lost before the job could run.

        Does not raise nats-py's errors.
        """
        remembered = self._settler.remembered(delivery)
        if remembered is not None:
            await self._settler.settle(delivery, remembered)
            return SettledBefore()
        # A job that runs alone keeps other jobs out until its outcome is stored, as one of them may end the worker.
        leaving: list[Leave] = []
        try:
            try:
                outcome = await self._outcome(delivery, leaving)
            except (nats.errors.Error, OSError, NotStored) as error:
                again = "message %d of queue %s will be delivered again: %r"
                logger.warning(again, delivery.seq, delivery.queue, error)
                delivery.settled = True
                return None
            # An unexpected error in handling one message must not end the worker and its other jobs.
            except Exception as error:
                logger.exception("message %d of queue %s", delivery.seq, delivery.queue)
                text = f"naq could not handle this message: {one_line(error)}"
                outcome = Raised(text, text_of(error), retryable=False)
            return await self._settle(delivery, outcome)
        finally:
            for leave in leaving:
                leave()

    async def _settle(self, delivery: Delivery, outcome: Outcome) -> Outcome:
        """Have the outcome stored and the message settled; returns the outcome that counts."""
        settlement = decide(outcome, delivery.tally, self._policy(delivery.job))
        _log(delivery, outcome, settlement)
        settled = await self._settler.settle(delivery, settlement)
        if settled is not None:
            self._counts.add(settled)
            if settled.state in FINAL and delivery.job is not None and delivery.job.options.unique is not None:
                await self._release_key(delivery.job, delivery)
            for observer in self._observers:
                observer.settled(delivery, settled)
            if isinstance(outcome, Waiting) and settled.action is Action.NAK and not delivery.doubtful:
                await self._watch(outcome.on, delivery, settled.delay)
            if isinstance(outcome, OverLimit) and self._limiter is not None and not delivery.doubtful:
                self._limiter.park(outcome, delivery.msg, settled.delay)
            if settled.state is None and settlement.state is not None:
                # Another delivery of the message has the job.
                return Overtaken() if settled.action is Action.LEAVE else SettledBefore()
        return outcome

    async def _release_key(self, job: Job, delivery: Delivery) -> None:
        """Delete the claim of a job on its unique key, which is void now that the job has left its queue."""
        try:
            await release(self._js, self._config, delivery.queue, job)
        except (nats.errors.Error, OSError) as error:
            logger.debug("the claim on the key of job %s stays until it expires: %r", job.id, error)

    async def _watch(self, job_id: str, delivery: Delivery, delay: float) -> None:
        if self._waker is not None:
            await self._waker.watch(job_id, delivery.msg.reply, delay)

    async def run_detached(self, job: Job) -> Outcome:
        """Run a job that did not come from a queue, and store its result; returns the outcome.

        A failure is not stored in the failed store: the caller handles it.
        """
        function = await self._executor.find(job)
        if isinstance(function, Unimportable | Forbidden):
            return function
        job = with_task_options(job)
        await self._settler.record_detached(job, "running")
        outcome = await self._executor.run(job, function, context_of(job, job.queue, self._worker_id))
        if isinstance(outcome, Returned):
            await self._settler.store_detached(job, decide(outcome, NOTHING_BEFORE, self._policy(job)))
        elif isinstance(outcome, Raised):
            await self._settler.record_detached(job, "failed", outcome.error)
        return outcome

    async def _outcome(self, delivery: Delivery, leaving: list[Leave]) -> Outcome:
        undecodable: Outcome | None = None
        try:
            msg = delivery.msg
            job = job_in(msg.data, msg.headers, delivery.seq, self._config.serializer)
            delivery.job = job = with_task_options(job)
        except UnknownOption as error:
            undecodable = Unimportable(f"not a job for this version: {error}", kind="undecodable", at=time.time())
            delivery.job = job = Job(id=error.job_id, function=error.function, queue=delivery.queue)
        except DeserializationError as error:
            return Undecodable(str(error))
        limited = self._limited(job, delivery)
        if limited and self._limiter is not None and delivery.attempt == 1:
            over = self._limiter.known_full(limited)
            if over is not None:
                return over
        hindrance = await self._earlier(job, delivery) if delivery.attempt > 1 or delivery.doubtful else None
        if (hindrance is None or isinstance(hindrance, LostTooOften)) and self._cancelled(job, delivery):
            return Cancelled()
        hindrance = hindrance or undecodable
        if hindrance is None and job.options.depends_on:
            hindrance = await self._dependency_check.hindrance(job, delivery)
        return hindrance or await self._run(job, delivery, leaving, limited)

    async def _earlier(self, job: Job, delivery: Delivery) -> Outcome | None:
        """Read the records of earlier deliveries and note their tally; returns an outcome if no run is needed."""
        earlier = await self._records.earlier(job.id, delivery)
        delivery.tally, delivery.suspect = earlier.tally, earlier.suspect
        if earlier.settled:
            return SettledBefore()
        unwritten = self._settler.unwritten(delivery)
        if unwritten is not None:
            # This worker had the last delivery, which ended; its tally could not be written, so the record is older.
            delivery.tally, delivery.suspect = unwritten, False
            return None
        if earlier.overtaken:
            return Overtaken()
        if earlier.storing:
            return FailedBefore(earlier.storing, earlier.error)
        return LostTooOften(earlier.tally.lost) if earlier.tally.lost >= self._config.worker.max_lost else None

    async def _run(self, job: Job, delivery: Delivery, leaving: list[Leave], limited: list[Limited]) -> Outcome:
        """Run the job within the limits that are known so far, and those that its import registers."""
        # From here on, a request to cancel the job finds its run.
        delivery.cut = cut = Cut()
        if self._cancelled(job, delivery):
            return Cancelled()
        entry = await self._under_limits(limited, job, delivery, leaving) if limited else None
        if isinstance(entry, OverLimit):
            return entry
        leave = None if delivery.suspect else self._gate.enter()
        if leave is None:
            try:
                leave = await self._enter(delivery)
            except GateClosed:
                return Stopping()
        leaving.append(leave)
        # The start is recorded before the import, which may end the worker as well.
        hindrance = await self._start(job, delivery)
        if hindrance is not None:
            return hindrance
        apart = delivery.suspect and self._executor.isolates
        function = None if apart else self._executor.found(job) or await self._executor.find(job)
        if isinstance(function, Unimportable | Forbidden):
            return function
        # Again, as the function may have been imported only now.
        delivery.job = job = with_task_options(job)
        known_now = self._limited(job, delivery)
        late = [one for one in known_now if one not in limited] if known_now else []
        late_entry = await self._under_limits(late, job, delivery, leaving) if late else None
        if isinstance(late_entry, OverLimit):
            # The function did not run.
            await self._settler.record(job, delivery, "queued")
            delivery.started = False
            return late_entry
        if function is not None and (entry or late_entry):
            function = held(held(function, entry), late_entry)
        if self._events is not None and not apart:
            await emit(self._events, "started", job, worker=self._worker_id)
        if cut.made:
            return Cancelled()
        work = self._call(job, delivery, function)
        return await observed(self._observers, job, delivery, work) if self._observers else await work

    async def _call(self, job: Job, delivery: Delivery, function: Callable[..., Any] | None) -> Outcome:
        """Call the function, or find and call it in a separate process if it is None."""
        reports = ProgressReports(self._loop, functools.partial(self._settler.record_progress, job, delivery))
        context = context_of(job, delivery.queue, self._worker_id, delivery.tally, reports.note)
        try:
            if function is None:
                return await self._executor.run_apart(job, context, delivery.cut)
            return await self._executor.run(job, function, context, delivery.cut)
        finally:
            if reports.used:
                await reports.end()

    def _limited(self, job: Job, delivery: Delivery) -> list[Limited]:
        return [] if self._limiter is None else self._limiter.concern(delivery.queue, job.function)

    async def _under_limits(
        self, limited: list[Limited], job: Job, delivery: Delivery, leaving: list[Leave]
    ) -> Entry | OverLimit | None:
        """Enter under the limits of a job; returns None when there are none. The entry ends with the handling."""
        if not limited or self._limiter is None:
            return None
        entry = await self._limiter.enter(limited, job.id, delivery.attempt)
        if isinstance(entry, Entry):
            leaving.append(entry.leave)
        return entry

    def _cancelled(self, job: Job, delivery: Delivery) -> bool:
        return self._requests is not None and self._requests.concern(job.id, delivery.seq)

    async def _enter(self, delivery: Delivery) -> Leave:
        """Wait until the job may run: beside others, or alone if its last run may have ended its worker.

        Returns the function to call when it has ended. Raises `GateClosed`.
        """
        if not delivery.suspect or self._executor.isolates:
            return await self._gate.beside(ENTRY)
        logger.warning("message %d of queue %s runs alone: its last run never ended", delivery.seq, delivery.queue)
        return await self._gate.alone(PROBATION if delivery.tally.lost < CERTAIN else None)

    async def _start(self, job: Job, delivery: Delivery) -> Outcome | None:
        """Record that a run starts; returns an outcome instead of a run when another delivery has the job."""
        try:
            await self._settler.record_start(job, delivery)
        except Superseded:
            return await self._earlier(job, delivery) or Overtaken()
        delivery.started = True
        return None

    def _policy(self, job: Job | None) -> Policy:
        options = job.options if job else NO_OPTIONS
        if options.max_retries is None and options.retry_delay is None:
            return self._default_policy
        return Policy.of(options, self._config)


def _log(delivery: Delivery, outcome: Outcome, settlement: Settlement) -> None:
    if settlement.state == "done" and not logger.isEnabledFor(logging.DEBUG):
        return
    job = delivery.job
    name = f"job {job.id} ({job.function})" if job else f"message {delivery.seq} of queue {delivery.queue}"
    if settlement.failure is not None:
        logger.error("%s failed: %s", name, settlement.failure.error)
    elif settlement.state == "retrying":
        error = getattr(outcome, "error", "")
        logger.warning("%s failed, attempt %d: %s", name, settlement.tally.failures, error)
    else:
        logger.debug("%s: %s", name, settlement.state or settlement.action.value)
