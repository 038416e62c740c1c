"""What earlier deliveries of a message have left behind: how often its job failed, whether it is settled, who has it.

A delivery has a number, which the server counts up. Who has the highest number has the job: what an earlier delivery
comes to, after its worker was stalled, is not stored over what the later one has stored.
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
    """What is known of a message before it is handled.

    `settled`: its outcome is stored. `overtaken`: a later delivery of it has begun. `suspect`: its last run never
    ended. `storing`: the kind of its failure, which an earlier delivery has not brought to the failed store; `error`
    is that failure in one line.
    """

    tally: Tally = NOTHING_BEFORE
    settled: bool = False
    overtaken: bool = False
    suspect: bool = False
    storing: str = ""
    error: str = ""


class Records:
    """Reads what workers have written about jobs; a record that cannot be read counts as none."""

    def __init__(self, js: JetStreamContext, config: Config) -> None:
        self._js = js
        self._config = config

    async def earlier(self, job_id: str, delivery: Delivery) -> Earlier:
        """Return what is known of a message before this delivery of it; its revisions are noted in the delivery.

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
        if result is None or not result.is_of(delivery.seq, delivery.stored):
            return found
        settled = result.state == "done" or not found.storing
        return Earlier(found.tally, settled, False, found.suspect, found.storing, found.error)

    async def final_state(self, job_id: str) -> str | None:
        """`done` or `failed`, None for a job without an outcome."""
        state = await self.state(job_id)
        if state is not None and state.state in FINAL:
            return state.state
        result = await self.result(job_id)
        return result.state if result is not None else None

    async def state(self, job_id: str) -> JobState | None:
        """The state of a job."""
        where = names(self._config)
        value = await last_value(self._js, where.states, where.key(where.states, check_job_id(job_id)))
        return self._decoded(value, JobState, "state", job_id)

    async def result(self, job_id: str) -> JobResult | None:
        """The outcome of a job."""
        where = names(self._config)
        value = await last_value(self._js, where.results, where.key(where.results, job_id))
        return self._decoded(value, JobResult, "result", job_id)

    def _decoded(self, value: bytes | None, kind: type[Kind], what: str, job_id: str) -> Kind | None:
        try:
            return decode(value, kind) if value else None
        except DeserializationError as error:
            # Of another version, or not ours: a job must not fail, nor its worker end, for that.
            logger.warning("the %s of job %s cannot be read and counts as none: %s", what, job_id, error)
            return None


def _earlier(present: MessageState, state: JobState, attempt: int) -> Earlier:
    # A run of an earlier delivery that is not over although its message came again: its worker died, or stalls.
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
