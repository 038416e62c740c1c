"""The state of a job after a delivery, and the message that records it. Nothing here talks to a server."""

import time
from typing import Any

import msgspec

from naq.config import Config
from naq.job import Job
from naq.queue.expiry import TTL, ttl_of
from naq.queue.streams import names
from naq.records import JobState, MessageState, State, encode
from naq.worker.delivery import Delivery
from naq.worker.settlement import NOTHING_BEFORE, Settlement, Tally

# Characters of an error in the state of a job.
LONGEST_ERROR = 200


class JobRecord(msgspec.Struct, frozen=True):
    """The recorded state of a job after a delivery; `delay` is the time until the redelivery, in seconds.

    `storing` is the kind of a failure that is not in the failed store yet.
    """

    job: Job
    state: State
    tally: Tally = NOTHING_BEFORE
    seq: int = 0
    attempt: int = 0
    error: str = ""
    delay: float = 0.0
    storing: str = ""
    progress: float | None = None
    progress_text: str = ""
    ran: bool = False

    @classmethod
    def after(cls, job: Job, settlement: Settlement, delivery: Delivery | None = None) -> "JobRecord":
        """Return the record of a job after a `settlement` that has a state."""
        assert settlement.state is not None, "nothing is recorded"
        seq, attempt = (delivery.seq, delivery.attempt) if delivery is not None else (0, 0)
        error = settlement.failure.error if settlement.failure else settlement.left
        return cls(job, settlement.state, settlement.tally, seq, attempt, error, settlement.delay, ran=settlement.ran)

    def message(
        self, config: Config, worker_id: str, stored: str = "", others: tuple[MessageState, ...] = ()
    ) -> tuple[str, bytes, dict[str, str]]:
        """Return subject, payload and headers of the message that writes the record to the bucket of states.

        `stored` and `others` are those of `JobState`.
        """
        job, where = self.job, names(config)
        record = JobState(
            job_id=job.id,
            state=self.state,
            queue=job.queue,
            function=job.function,
            seq=self.seq,
            attempt=self.attempt,
            worker=worker_id,
            at=time.time(),
            stored=stored,
            **self._seldom_set(others),
        )
        # The record, with the tally, must outlive the delay of a redelivery.
        ttl = ttl_of(config.queue.state_ttl + self.delay)
        return where.key(where.states, job.id), encode(record), {TTL: ttl}

    def _seldom_set(self, others: tuple[MessageState, ...]) -> dict[str, Any]:
        """Return the fields that are not set in the state of most jobs: each takes time, also for its default."""
        fields: dict[str, Any] = {}
        if self.tally is not NOTHING_BEFORE:
            tally = self.tally
            fields = {
                "failures": tally.failures,
                "waits": tally.waits,
                "imports": tally.imports,
                "lost": tally.lost,
                "import_since": tally.import_since,
            }
        if self.error or self.storing or self.ran:
            fields |= {"error": self.error[:LONGEST_ERROR], "storing": self.storing, "ran": self.ran}
        if others:
            fields["others"] = others
        if self.progress is not None:
            fields |= {"progress": self.progress, "progress_text": self.progress_text}
        return fields
