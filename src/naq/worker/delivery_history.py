"""Reading what earlier deliveries of a message have recorded: failures, outcome, and which delivery has the job.

The server numbers the deliveries of a message. The delivery with the highest number has the job: the outcome of an
earlier delivery, whose worker was stalled, does not replace what the later one has stored.
"""

import logging
import time
from dataclasses import dataclass
from typing import TypeVar

from nats.js import JetStreamContext

from naq.config import Config
from naq.errors import DeserializationError
from naq.names import check_job_id
from naq.queue.results import last_revision, last_value
from naq.queue.streams import names
from naq.records import FINAL, JobResult, JobState, MessageState, decode
from naq.worker.delivery import Delivery
from naq.worker.settlement import NOTHING_BEFORE, Tally

logger = logging.getLogger(__name__)

Kind = TypeVar("Kind", JobState, JobResult)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is recorded about a message before it is handled.

    `settled`: its outcome is stored. `overtaken`: a later delivery of it has started. `suspect`: its last run never
    ended. `storing`: the kind of a failure that an earlier delivery has not yet stored in the failed store, else empty;
    `error` is that failure in one line.
    """

    tally: Tally = NOTHING_BEFORE
    settled: bool = False
    overtaken: bool = False
    suspect: bool = False
    storing: str = ""
    error: str = ""


class Records:
    """Reads the records of jobs; a record that cannot be decoded counts as missing."""

    def __init__(self, js: JetStreamContext, config: Config) -> None:
        self._js = js
        self._config = config

    async def earlier(self, job_id: str, delivery: Delivery) -> Earlier:
        """Return what is recorded about a message before this delivery; notes the records' revisions in the delivery.

        Raises nats-py's errors.
        """
        where = names(self._config)
        last = await last_revision(self._js, where.states, where.key(where.states, job_id))
        state = self._decoded(last.value, JobState, "state", job_id)
        delivery.state_revision = last.revision
        found = Earlier()
        if state is not None:
            delivery.others = state.besides(delivery.seq, delivery.stored, time.time())
            present = state.of_message(delivery.seq, delivery.stored)
            found = _earlier(present, state, delivery.attempt) if present is not None else found
        if found.settled or found.overtaken:
            return found
        last = await last_revision(self._js, where.results, where.key(where.results, job_id))
        delivery.result_revision = last.revision
        result = self._decoded(last.value, JobResult, "result", job_id)
        if state is not None:
            delivery.others = state.with_outcome(result).besides(delivery.seq, delivery.stored, time.time())
        if result is None or not result.is_of(delivery.seq, delivery.stored):
            return found
        settled = result.state == "done" or not found.storing
        return Earlier(found.tally, settled, False, found.suspect, found.storing, found.error)

    async def final_state(self, job_id: str) -> str | None:
        """Return `done`, `failed` or `cancelled`, None for a job without an outcome. Raises nats-py's errors."""
        state = await self.state(job_id)
        result = await self.result(job_id)
        if state is not None and (ended := state.with_outcome(result)).state in FINAL:
            return ended.state
        return result.state if result is not None else None

    async def state(self, job_id: str) -> JobState | None:
        """Return the state of a job, None when there is none. Raises nats-py's errors."""
        where = names(self._config)
        value = await last_value(self._js, where.states, where.key(where.states, check_job_id(job_id)))
        return self._decoded(value, JobState, "state", job_id)

    async def result(self, job_id: str) -> JobResult | None:
        """Return the outcome of a job, None when there is none. Raises nats-py's errors."""
        where = names(self._config)
        value = await last_value(self._js, where.results, where.key(where.results, job_id))
        return self._decoded(value, JobResult, "result", job_id)

    def _decoded(self, value: bytes | None, kind: type[Kind], what: str, job_id: str) -> Kind | None:
        try:
            return decode(value, kind) if value else None
        except DeserializationError as error:
            # A record of another version or program: neither the job nor the worker must fail because of it.
            logger.warning("the %s of job %s cannot be decoded and counts as missing: %s", what, job_id, error)
            return None


def _earlier(present: MessageState, state: JobState, attempt: int) -> Earlier:
    # An earlier delivery still counts as running although its message was delivered again: its worker died or stalls.
    suspect = present.state == "running" and present.attempt < attempt
    tally = Tally(present.failures, present.waits, present.imports, present.lost + suspect, present.import_since)
    return Earlier(
        tally,
        settled=present.state in FINAL and not present.storing,
        overtaken=present.attempt > attempt,
        suspect=suspect or (present.state == "queued" and present.lost > 0),
        storing=present.storing,
        error=state.error if state.seq == present.seq else "",
    )
