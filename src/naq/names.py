"""Names on the server: which names are allowed, and the names of streams, subjects, consumers and buckets.

Nothing here talks to a server.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from naq.errors import InvalidName
from naq.option_values import PRIORITIES, QUEUE_NAME, Priority

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
WORKER_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_queue_name(name: str) -> str:
    """Return `name`. Raises `InvalidName` when it cannot name a queue."""
    if not isinstance(name, str) or not _is_queue_name(name):
        raise InvalidName(
            f"queue name {name!r}: use 1 to 64 letters, digits, '_' and '-'; it is one token of a NATS subject"
        )
    return name


@lru_cache(maxsize=1024)
def _is_queue_name(name: str) -> bool:
    return QUEUE_NAME.fullmatch(name) is not None


def check_job_id(job_id: str) -> str:
    """Return `job_id`. Raises `InvalidName` when it cannot be a message id and a key."""
    if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
        raise InvalidName(f"job id {job_id!r}: use 1 to 64 letters, digits, '_' and '-'; it is a key in a bucket")
    return job_id


def check_worker_name(name: str) -> str:
    """Return `name`. Raises `InvalidName` when it cannot be a key."""
    if not isinstance(name, str) or not WORKER_NAME.fullmatch(name):
        raise InvalidName(f"worker name {name!r}: use 1 to 64 letters, digits, '_' and '-'; it is a key in a bucket")
    return name


@dataclass(frozen=True, slots=True)
class Names:
    """All names under one prefix, so that several installations can share a server."""

    prefix: str

    @property
    def jobs(self) -> str:
        """The work-queue stream: waiting jobs and schedules."""
        return f"{self.prefix}_jobs"

    @property
    def failed(self) -> str:
        """The stream of jobs that failed permanently."""
        return f"{self.prefix}_failed"

    @property
    def events(self) -> str:
        """The stream of events that are kept."""
        return f"{self.prefix}_events"

    @property
    def results(self) -> str:
        """The bucket of outcomes, one key for each job."""
        return f"{self.prefix}_results"

    @property
    def states(self) -> str:
        """The bucket of job states, one key for each job."""
        return f"{self.prefix}_states"

    @property
    def workers(self) -> str:
        """The bucket of heartbeats, one key for each worker."""
        return f"{self.prefix}_workers"

    @property
    def cancels(self) -> str:
        """The bucket of requests to cancel jobs, one key for each job."""
        return f"{self.prefix}_cancels"

    @property
    def limits(self) -> str:
        """The stream of the places and rates of limits that are in use."""
        return f"{self.prefix}_limits"

    def limit(self, key: str) -> str:
        """Return the subject of a part of a limit; the key may be a pattern."""
        return f"{self.prefix}.limit.{key}"

    def freed(self, key: str) -> str:
        """Return the subject on which a worker tells that a place of a limit is free."""
        return f"{self.prefix}.freed.{key}"

    @property
    def job_subjects(self) -> list[str]:
        """All subjects of the jobs stream: jobs, jobs with another priority than "normal", schedules, and claims."""
        return [
            f"{self.prefix}.queue.*",
            f"{self.prefix}.queue.*.*",
            f"{self.prefix}.sched.*.*",
            f"{self.prefix}.unique.*.*",
        ]

    @property
    def queues(self) -> str:
        """The pattern of the subjects of all jobs of all queues."""
        return f"{self.prefix}.queue.>"

    @property
    def failed_subjects(self) -> list[str]:
        """All subjects of the stream of failed jobs."""
        return [f"{self.prefix}.failed.*"]

    def queue(self, queue: str, priority: Priority | None = None) -> str:
        """Return the subject to which jobs of a queue are published; that of "normal" jobs is also that of None."""
        subject = f"{self.prefix}.queue.{queue}"
        return subject if priority in (None, "normal") else f"{subject}.{priority}"

    def levels(self, queue: str) -> str:
        """Return the pattern of the subjects of a queue's jobs that are not "normal"; `*` stands for all queues."""
        return f"{self.prefix}.queue.{queue}.*"

    def queue_subjects(self, queue: str) -> list[str]:
        """Return all subjects of a queue's jobs, that with the highest priority first."""
        return [self.queue(queue, priority) for priority in PRIORITIES]

    def queue_of(self, subject: str) -> str:
        """Return the queue in a subject of jobs, schedules or failed jobs."""
        return subject[len(self.prefix) + 1 :].split(".")[1]

    def priority_of(self, subject: str) -> Priority:
        """Return the priority in a subject of jobs."""
        found = subject.rpartition(".")[2]
        return next((level for level in PRIORITIES if level == found), "normal") if subject.count(".") > 2 else "normal"

    def schedule(self, queue: str, schedule_id: str) -> str:
        """Return the subject of one schedule of a queue; `*` as the id stands for all schedules."""
        return f"{self.prefix}.sched.{queue}.{schedule_id}"

    def unique(self, queue: str, digest: str) -> str:
        """Return the subject of the claims on a unique key of a queue, of which this is the digest."""
        return f"{self.prefix}.unique.{queue}.{digest}"

    def failed_queue(self, queue: str) -> str:
        """Return the subject of the failed jobs of a queue."""
        return f"{self.prefix}.failed.{queue}"

    def event(self, event_type: str) -> str:
        """Return the subject of kept events of a type; the type may be a pattern."""
        return f"{self.prefix}.events.{event_type}"

    def consumer(self, queue: str, priority: Priority | None = None) -> str:
        """Return the name of the durable consumer of jobs with a priority, which all workers of a queue share."""
        consumer = f"{queue}-workers"
        return consumer if priority in (None, "normal") else f"{consumer}-{priority}"

    def key(self, bucket: str, key: str) -> str:
        """Return the subject of a key in a bucket."""
        return f"$KV.{bucket}.{key}"


@lru_cache(maxsize=64)
def names_for(prefix: str) -> Names:
    """Return the names under a prefix. Raises `InvalidName` when it cannot begin a stream's name and a subject."""
    if not QUEUE_NAME.fullmatch(prefix):
        raise InvalidName(f"prefix {prefix!r}: use 1 to 64 letters, digits, '_' and '-'")
    return Names(prefix)
