"""The job that is running, for the function that it calls: `current_job()` returns its id, attempt, deadline and more.

Works in coroutines, in threads and in separate processes. Knows no server: a worker passes a function that takes the
reported progress.
"""

import contextlib
import math
import time
from collections.abc import Callable, Generator, Iterator
from contextvars import ContextVar
from typing import Final, TypeAlias

import msgspec

# Characters of the text of a progress that are kept.
LONGEST_TEXT: Final = 200

Report: TypeAlias = Callable[[float, str], None]


class Turn:
    """What `JobContext.progress` returns: `await` it to let other tasks of the event loop run, or ignore it."""

    __slots__ = ()

    def __await__(self) -> Generator[None, None, None]:
        yield


_TURN: Final = Turn()


def _ignore(fraction: float, text: str) -> None:
    return None


class JobContext(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The running job.

    `attempt` is 1 for the first run and grows with each later run; deliveries in which the function was not called do
    not count. `enqueued_at` is in seconds since 1970. `worker` is the id of the worker. `deadline` is the time of
    `time.monotonic()` at which the job's timeout is over, None without a timeout.
    """

    id: str
    queue: str = "default"
    function: str = ""
    attempt: int = 1
    enqueued_at: float = 0.0
    worker: str = ""
    deadline: float | None = None
    report: Report = _ignore

    def remaining(self) -> float | None:
        """Return the seconds until the job's timeout, at least 0; None for a job without a timeout."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def progress(self, fraction: float, text: str = "") -> Turn:
        """Report how much of the job is done, from 0 to 1, and a short text; `naq status JOB` shows them.

        Returns at once, also in a thread. The worker writes at most one report per second, always the last one, and
        only while this attempt has the job. Raises ValueError for a number outside of 0 to 1, and TypeError for a text
        that is not text.
        """
        if isinstance(fraction, bool) or not isinstance(fraction, (int, float)) or not _is_fraction(fraction):
            raise ValueError(f"progress is a number from 0 to 1, not {fraction!r}")
        if not isinstance(text, str):
            raise TypeError(f"the text of a progress is text, not of type {type(text).__name__}")
        # Text with half of a surrogate pair cannot be stored.
        self.report(float(fraction), text[:LONGEST_TEXT].encode(errors="replace").decode())
        return _TURN


def _is_fraction(number: float) -> bool:
    return math.isfinite(number) and 0 <= number <= 1


_current: ContextVar[JobContext] = ContextVar("naq_current_job")


def current_job() -> JobContext:
    """Return the running job. Raises `NoCurrentJob` outside of a job."""
    try:
        return _current.get()
    except LookupError:
        # Imported here, because `naq.errors` needs nats-py, and a module of tasks does not.
        from naq.errors import NoCurrentJob

        raise NoCurrentJob(
            "no job is running here: current_job() works in the function of a job, and in what it calls or awaits; "
            "a test can enter `with as_current_job(JobContext(id=...))` of naq.job_context"
        ) from None


def begin_job(context: JobContext) -> None:
    """Make `context` the running job for the rest of this task or thread."""
    _current.set(context)


@contextlib.contextmanager
def as_current_job(context: JobContext) -> Iterator[JobContext]:
    """Make `context` the running job in the block, for tests of functions that call `current_job`."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
