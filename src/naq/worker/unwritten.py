"""Tallies of jobs that will be delivered again and that could not be written, as there was no room."""

from typing import Final

from naq.queue.memory import Bounded
from naq.worker.delivery import Delivery
from naq.worker.job_record import JobRecord
from naq.worker.settlement import Tally

MOST: Final = 10_000


class UnwrittenTallies:
    """What one worker remembers of them, for the case that it gets the next delivery of the job as well."""

    def __init__(self) -> None:
        # By message and delivery: the job's id and its tally.
        self._tallies: Bounded[tuple[int, int], tuple[str, Tally]] = Bounded(MOST)

    def note(self, record: JobRecord) -> None:
        """Remember the tally of a state that could not be written, if the job will be delivered again."""
        if record.state in ("retrying", "waiting"):
            self._tallies.put((record.seq, record.attempt), (record.job.id, record.tally))

    def of(self, delivery: Delivery) -> Tally | None:
        """Return the tally after the last delivery of a message, None if it was written."""
        job_id, tally = self._tallies.get((delivery.seq, delivery.attempt - 1)) or ("", None)
        return tally if delivery.job is not None and delivery.job.id == job_id else None

    def keep(self, delivery: Delivery) -> None:
        """Remember the tally after the last delivery of a message as that after this delivery, too."""
        known = self._tallies.get((delivery.seq, delivery.attempt - 1))
        if known is not None:
            self._tallies.put((delivery.seq, delivery.attempt), known)
