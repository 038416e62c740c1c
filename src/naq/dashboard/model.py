"""What the pages show, as values; `/api` answers with the same as JSON. Times are in seconds since 1970."""

import msgspec

from naq.queue.listing import ListedJob
from naq.records import WorkerStatus


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A queue: jobs that no worker has taken, jobs that run or will be retried, schedules, failed jobs, workers.

    `waiting` and `taken` are None if this user may not list consumers; `jobs` is their sum.
    """

    queue: str
    jobs: int = 0
    waiting: int | None = None
    taken: int | None = None
    scheduled: int = 0
    failed: int = 0
    workers: int = 0

    @property
    def stuck(self) -> bool:
        """Whether jobs wait and no worker serves the queue."""
        return not self.workers and bool(self.jobs)


class FailureRow(msgspec.Struct, frozen=True, kw_only=True):
    """A failed job, by its number in the failed store. `arguments` are None if they are not shown."""

    number: int
    job_id: str
    queue: str
    function: str
    kind: str
    error: str
    failed_at: float
    failures: int
    deliveries: int
    worker: str
    size: int
    truncated: bool = False
    traceback: str | None = None
    arguments: str | None = None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """All queues and workers, and the latest failures; `failures` is None if this user may not read them."""

    queues: list[QueueRow]
    workers: list[WorkerStatus]
    failures: list[FailureRow] | None
    warnings: list[str]

    @property
    def running(self) -> int:
        """The number of running jobs, as the workers' last heartbeats tell."""
        return sum(worker.running for worker in self.workers)

    @property
    def slots(self) -> int:
        """The number of jobs that all workers together may run at the same time."""
        return sum(worker.concurrency for worker in self.workers)

    def total(self, column: str) -> int:
        """Return the sum of a column over all queues."""
        return sum(getattr(queue, column) or 0 for queue in self.queues)


class JobsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some jobs of a queue by their numbers; `after` is the number before the next page, None at the end."""

    queue: QueueRow
    state: str | None
    jobs: list[ListedJob]
    after: int | None


class FailuresPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some failed jobs, the newest first; `before` is the number after the next page, None at the end."""

    queue: str | None
    total: int
    failures: list[FailureRow]
    before: int | None


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """A job, as its records tell. `failure` is its number in the failed store; `result` is None if it is not shown."""

    job_id: str
    state: str
    queue: str = ""
    function: str = ""
    worker: str = ""
    failures: int = 0
    since: float | None = None
    error: str = ""
    traceback: str = ""
    progress: str = ""
    failure: int | None = None
    result: str | None = None
