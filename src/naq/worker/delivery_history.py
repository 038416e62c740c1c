"""What earlier deliveries of a message have left behind: how often its job failed, whether it is settled, who has it.

A delivery has a number, which the server counts up. Who has the highest number has the job: what an earlier delivery
comes to, after its worker was stalled, is not stored over what the later one has stored.
"""

import logging
from dataclasses import dataclass
from typing import Final

from nats.js import JetStreamContext

from naq.config import Config
from naq.errors import DeserializationError
from naq.queue.results import last_value
from naq.queue.streams import names
from naq.records import FINAL, JobResult, JobState, decode
from naq.worker.settlement import Tally
from naq.worker.status import job_state

logger = logging.getLogger(__name__)

NOTHING_BEFORE: Final = Tally()


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of a message before it is handled.

    `settled`: its outcome is stored. `overtaken`: a later delivery of it has begun. `suspect`: its last run never
    ended.
    """

    tally: Tally = NOTHING_BEFORE
    settled: bool = False
    overtaken: bool = False
    suspect: bool = False


class Records:
    """Reads what workers have written about jobs; a record that cannot be read counts as none."""

    def __init__(self, js: JetStreamContext, config: Config) -> None:
        self._js = js
        self._config = config

    async def earlier(self, job_id: str, seq: int, attempt: int) -> Earlier:
        """What is known of message `seq`, for its delivery number `attempt`. Raises nats-py's errors."""
        state = await self.state(job_id)
        found = Earlier() if state is None or state.seq != seq else _earlier(state, attempt)
        if found.settled or found.overtaken:
            return found
        result = await self.result(job_id)
        settled = result is not None and result.seq == seq
        return Earlier(found.tally, settled, False, found.suspect)

    async def final_state(self, job_id: str) -> str | None:
        """`done` or `failed`, None for a job without an outcome."""
        state = await self.state(job_id)
        if state is not None and state.state in FINAL:
            return state.state
        result = await self.result(job_id)
        return result.state if result is not None else None

    async def state(self, job_id: str) -> JobState | None:
        """The state of a job."""
        try:
            return await job_state(self._js, self._config, job_id)
        except DeserializationError as error:
            # Of another version, or not ours: a job must not fail, nor its worker end, for that.
            logger.warning("the state of job %s cannot be read and counts as none: %s", job_id, error)
            return None

    async def result(self, job_id: str) -> JobResult | None:
        """The outcome of a job."""
        where = names(self._config)
        value = await last_value(self._js, where.results, where.key(where.results, job_id))
        try:
            return decode(value, JobResult) if value else None
        except DeserializationError as error:
            logger.warning("the result of job %s cannot be read and counts as none: %s", job_id, error)
            return None


def _earlier(state: JobState, attempt: int) -> Earlier:
    # A run of an earlier delivery that is not over although its message came again: its worker died, or stalls.
    suspect = state.state == "running" and state.attempt < attempt
    tally = Tally(state.failures, state.waits, state.imports, state.lost + suspect, state.import_since)
    return Earlier(
        tally,
        settled=state.state in FINAL,
        overtaken=state.attempt > attempt,
        suspect=suspect or (state.state == "queued" and state.lost > 0),
    )
