"""Checking whether the jobs on which a job depends allow it to run."""

import logging
import time

from naq.config import Config
from naq.errors import JobNotFound
from naq.job import Job
from naq.queue.dependencies import DONE, SEEN, ids_in
from naq.queue.unstarted_jobs import find_schedule, may_wait
from naq.worker.delivery import Delivery
from naq.worker.delivery_history import Records
from naq.worker.failed import FailedJobs
from naq.worker.settlement import DependencyFailed, Outcome, Waiting

logger = logging.getLogger(__name__)


class DependencyCheck:
    """Checks dependencies by their recorded states."""

    def __init__(self, config: Config, records: Records) -> None:
        self._config = config
        self._records = records

    async def hindrance(self, job: Job, delivery: Delivery) -> Outcome | None:
        """Return the outcome for the first dependency that has failed or is not done; None when all are done.

        Raises nats-py's errors.
        """
        done, seen = ids_in(delivery.msg.headers, DONE), ids_in(delivery.msg.headers, SEEN)
        waiting: Outcome | None = None
        for needed in job.options.depends_on:
            if needed in done:
                continue
            state = await self._records.final_state(needed)
            if state is None and needed in seen and self._may_have_expired(job):
                state = await self._state_without_records(needed)
            if state == "failed":
                return DependencyFailed(needed)
            if state == "cancelled":
                return DependencyFailed(needed, "was cancelled")
            if state != "done" and waiting is None:
                expired = delivery.waited > self._config.worker.dependency_timeout
                waiting = Waiting(needed, expired=expired)
        return waiting

    def _may_have_expired(self, job: Job) -> bool:
        """Return whether the records of a job that ended after this one was enqueued may have expired."""
        queue = self._config.queue
        return time.time() - job.enqueued_at >= min(queue.state_ttl, queue.result_ttl)

    async def _state_without_records(self, job_id: str) -> str | None:
        """Return how a job without records has ended that existed before: `failed` if it is in the failed store.

        `done` if it is neither there nor waiting anywhere; None if it waits, or may wait.
        """
        if await self._records.state(job_id) is not None:
            return None
        if await find_schedule(self._config, job_id) is not None or await may_wait(self._config, job_id):
            return None
        try:
            await FailedJobs(self._config).find(job_id)
        except JobNotFound:
            logger.info("job %s has left its queue, and its records have expired: it counts as done", job_id)
            return "done"
        return "failed"
