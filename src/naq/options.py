"""The options of a job, and which options apply to it."""

from functools import lru_cache
from typing import Final

import msgspec

from naq.errors import InvalidJob
from naq.names import check_job_id
from naq.option_values import Priority, problem_with
from naq.retry import RetryDelay, retry_delay
from naq.tasks import Task


class JobOptions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The options of a job; for `None`, the worker's configuration applies.

    `max_retries` is how often the job runs again after failures. `retry_delay` is in seconds: one number, a list with a
    number for each failure, or a `Backoff`. `timeout` is the longest time of a run in seconds. `result_ttl` is how many
    seconds the result is kept, 0 for no result. `depends_on` are the ids of jobs that must succeed first. `priority` is
    "high", "normal" or "low"; None counts as "normal". `unique` is a key: while a job with it waits or runs, no
    other is stored on the same queue.
    """

    max_retries: int | None = None
    retry_delay: RetryDelay | None = None
    timeout: float | None = None
    result_ttl: float | None = None
    depends_on: tuple[str, ...] = ()
    priority: Priority | None = None
    unique: str | None = None

    def __post_init__(self) -> None:
        # Most jobs have no options, or one, and each job that arrives is checked.
        if self.max_retries is not None:
            _check_value("max_retries", self.max_retries)
        if self.timeout is not None:
            _check_value("timeout", self.timeout)
        if self.result_ttl is not None:
            _check_value("result_ttl", self.result_ttl)
        if self.priority is not None:
            _check_value("priority", self.priority)
        if self.unique is not None:
            _check_value("unique", self.unique)
        if self.retry_delay is not None:
            # Converted here too, so that later code finds only the stored form.
            msgspec.structs.force_setattr(self, "retry_delay", retry_delay(self.retry_delay))
        if self.depends_on != ():
            self._check_dependencies()

    def _check_dependencies(self) -> None:
        if not isinstance(self.depends_on, (tuple, list)):
            raise InvalidJob(f"depends_on is a tuple of job ids, not {self.depends_on!r}")
        for job_id in self.depends_on:
            check_job_id(job_id)
        msgspec.structs.force_setattr(self, "depends_on", tuple(self.depends_on))


def _check_value(name: str, value: object) -> None:
    problem = problem_with(name, value)
    if problem is not None:
        raise InvalidJob(problem)


NO_OPTIONS: Final = JobOptions()


def with_defaults(given: JobOptions, task: Task) -> JobOptions:
    """Return the options of a job: those given, and for the others those of its task."""
    if not task.options:
        return given
    of_task = _options_of(task)
    if given == NO_OPTIONS:
        return of_task
    missing = {name: value for name, value in task.options if getattr(given, name) is None}
    return msgspec.structs.replace(given, **missing) if missing else given


@lru_cache(maxsize=1024)
def _options_of(task: Task) -> JobOptions:
    return JobOptions(**dict(task.options))
