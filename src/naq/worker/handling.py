"""One delivery from its message to its settlement.

Finds out what came before, what the job waits for and which function it names, has it run, and has the outcome
settled. Pulling, slots and stopping are the session's.
"""

import logging
from dataclasses import dataclass

import nats.errors
from nats.js import JetStreamContext

from naq.config import Config
from naq.errors import DeserializationError
from naq.events.lifecycle import LifecycleSink, emit
from naq.job import Job, JobOptions
from naq.queue.message import job_in
from naq.queue.results import last_value
from naq.queue.streams import names
from naq.records import FINAL, JobResult, JobState, decode
from naq.worker.delivery import Delivery
from naq.worker.execution import Executor
from naq.worker.settlement import (
    DependencyFailed,
    Forbidden,
    LostTooOften,
    Outcome,
    Policy,
    Raised,
    Returned,
    SettledBefore,
    Settlement,
    Tally,
    Undecodable,
    Unimportable,
    Waiting,
    decide,
)
from naq.worker.settler import Settler
from naq.worker.status import job_state

logger = logging.getLogger(__name__)

NOTHING_BEFORE = Tally()


@dataclass(slots=True)
class Counts:
    """What a worker has done; `returned` is what it gave back while stopping."""

    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    waited: int = 0
    returned: int = 0

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
    ) -> None:
        self._js = js
        self._config = config
        self._settler = settler
        self._executor = executor
        self._counts = counts
        self._worker_id = worker_id
        self._events = events

    async def handle(self, delivery: Delivery) -> Outcome | None:
        """Handle a delivery to its end; None when the server went away before the job could be run."""
        remembered = self._settler.remembered(delivery)
        if remembered is not None:
            await self._settler.settle(delivery, remembered)
            return SettledBefore()
        try:
            outcome, tally = await self._outcome(delivery)
        except (nats.errors.Error, OSError) as error:
            logger.warning("message %d of queue %s comes again: %r", delivery.seq, delivery.queue, error)
            delivery.settled = True
            return None
        settlement = decide(outcome, tally, self._policy(delivery.job))
        _log(delivery, outcome, settlement)
        self._counts.add(settlement)
        await self._settler.settle(delivery, settlement)
        return outcome

    async def run_detached(self, job: Job) -> Outcome:
        """Run a job that no message carries, and store its result; a failure is the caller's."""
        function = await self._executor.find(job)
        if isinstance(function, Unimportable | Forbidden):
            return function
        await self._settler.record(job, 0, "running", NOTHING_BEFORE)
        outcome = await self._executor.run(job, function)
        if isinstance(outcome, Returned):
            await self._settler.store_detached(job, decide(outcome, NOTHING_BEFORE, self._policy(job)))
        elif isinstance(outcome, Raised):
            await self._settler.record(job, 0, "failed", NOTHING_BEFORE, outcome.error)
        return outcome

    async def _outcome(self, delivery: Delivery) -> tuple[Outcome, Tally]:
        try:
            msg = delivery.msg
            job = job_in(msg.data, msg.headers, delivery.seq, self._config.serializer)
        except DeserializationError as error:
            return Undecodable(str(error)), NOTHING_BEFORE
        delivery.job = job
        tally = NOTHING_BEFORE
        if delivery.deliveries > 1:
            tally, settled = await self._before(job, delivery.seq)
            if settled:
                return SettledBefore(), tally
            if delivery.deliveries - 1 - tally.accounted >= self._config.worker.max_lost:
                return LostTooOften(delivery.deliveries), tally
        hindrance = await self._dependencies(job, delivery.waited) if job.options.depends_on else None
        return hindrance or await self._run(job, delivery, tally), tally

    async def _before(self, job: Job, seq: int) -> tuple[Tally, bool]:
        """What became of this message's earlier deliveries, and whether an outcome is stored."""
        state = await self._state(job.id)
        tally = NOTHING_BEFORE
        if state is not None and state.seq == seq:
            tally = Tally(state.failures, state.waits, state.imports)
            if state.state in FINAL:
                return tally, True
        result = await self._result(job.id)
        return tally, result is not None and result.seq == seq

    async def _state(self, job_id: str) -> JobState | None:
        try:
            return await job_state(self._js, self._config, job_id)
        except DeserializationError as error:
            # Of another version, or not ours: a job must not fail, nor its worker end, for that.
            logger.warning("the state of job %s cannot be read and counts as none: %s", job_id, error)
            return None

    async def _result(self, job_id: str) -> JobResult | None:
        where = names(self._config)
        value = await last_value(self._js, where.results, where.key(where.results, job_id))
        try:
            return decode(value, JobResult) if value else None
        except DeserializationError as error:
            logger.warning("the result of job %s cannot be read and counts as none: %s", job_id, error)
            return None

    async def _run(self, job: Job, delivery: Delivery, tally: Tally) -> Outcome:
        function = await self._executor.find(job)
        if isinstance(function, Unimportable | Forbidden):
            return function
        delivery.started = True
        await self._settler.record(job, delivery.seq, "running", tally)
        if self._events is not None:
            await emit(self._events, "started", job, worker=self._worker_id)
        return await self._executor.run(job, function)

    async def _dependencies(self, job: Job, waited: float) -> Outcome | None:
        """What keeps a job from being run: the first dependency that has failed, or that is not done yet."""
        waiting: Outcome | None = None
        for needed in job.options.depends_on:
            state = await self._final_state(needed)
            if state == "failed":
                return DependencyFailed(needed)
            if state != "done" and waiting is None:
                waiting = Waiting(needed, expired=waited > self._config.worker.dependency_timeout)
        return waiting

    async def _final_state(self, job_id: str) -> str | None:
        state = await self._state(job_id)
        if state is not None and state.state in FINAL:
            return state.state
        result = await self._result(job_id)
        return result.state if result is not None else None

    def _policy(self, job: Job | None) -> Policy:
        queue = self._config.queue
        options = job.options if job else JobOptions()
        return Policy.of(options, queue.max_retries, queue.retry_delay, self._config.worker.import_delay)


def _log(delivery: Delivery, outcome: Outcome, settlement: Settlement) -> None:
    job = delivery.job
    name = f"job {job.id} ({job.function})" if job else f"message {delivery.seq} of queue {delivery.queue}"
    if settlement.failure is not None:
        logger.error("%s failed: %s", name, settlement.failure.error)
    elif settlement.state == "retrying":
        error = getattr(outcome, "error", "")
        logger.warning("%s failed, attempt %d: %s", name, settlement.tally.failures, error)
    else:
        logger.debug("%s: %s", name, settlement.state or settlement.action.value)
