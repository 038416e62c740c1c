"""The main function of a separate process for jobs, which `naq.worker.processes` starts.

The process reads a frame with its settings and a frame for each job from standard input, and writes a frame for each
outcome to the file descriptor that is its argument. It ends when standard input is closed, so that it does not outlive
its worker.
"""

import asyncio
import contextlib
import functools
import inspect
import os
import signal
import sys
import threading
import time
from queue import SimpleQueue
from typing import Any, BinaryIO, Literal

import msgspec

from naq.allowed import Allowed
from naq.encoding import Serializer
from naq.errors import ConfigError, DeserializationError, NotAllowed, NotRetryable
from naq.functions import import_tasks
from naq.job import Job
from naq.job_context import JobContext, Report, begin_job
from naq.typed_calls import built_arguments
from naq.worker.describing import encoded_result, one_line, text_of, unreadable
from naq.worker.settlement import Forbidden, Outcome, Raised, Returned, Unimportable

# Size in bytes of the length before each frame.
LENGTH = 8
# Seconds between two reports of a progress to the worker, which writes them less often.
REPORT_EVERY = 0.2


class Setup(msgspec.Struct, frozen=True):
    """The settings of a process.

    `imports` are modules that must be importable. `registered` are the modules that have registered tasks in the
    worker's program; a job of such a module cannot run here if the module exists only in that program.
    """

    path: list[str]
    allowed: tuple[str, ...]
    imports: tuple[str, ...]
    registered: tuple[str, ...]
    serializer: Serializer
    largest_result: int


class Call(msgspec.Struct, frozen=True):
    """A job to run, and what its context tells; `remaining` are the seconds until its timeout."""

    job: bytes
    queue: str
    attempt: int
    worker: str
    remaining: float | None = None

    def context(self, job: Job, report: Report) -> JobContext:
        """Return the job's context in this process."""
        deadline = None if self.remaining is None else time.monotonic() + self.remaining
        return JobContext(
            id=job.id,
            queue=self.queue,
            function=job.function,
            attempt=self.attempt,
            enqueued_at=job.enqueued_at,
            worker=self.worker,
            deadline=deadline,
            report=report,
        )


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An outcome in the form that the process writes and the worker reads; or a progress, which an outcome follows."""

    kind: Literal["returned", "raised", "unimportable", "forbidden", "progress"]
    value: bytes | None = None
    error: str = ""
    traceback: str = ""
    retryable: bool = True
    reason: str = "import"
    progress: float = 0.0
    progress_text: str = ""

    def outcome(self, at: float) -> Outcome:
        """Return the outcome; `at` is its time in seconds since 1970."""
        match self.kind:
            case "returned":
                return Returned(self.value)
            case "raised":
                return Raised(self.error, self.traceback, self.retryable)
            case "unimportable":
                return Unimportable(self.error, self.traceback, self.reason, at)
            case _:
                return Forbidden(self.error)


def main() -> None:
    """Run jobs, one at a time, until standard input is closed."""
    # The worker handles an interrupt at the terminal, and ends this process if necessary.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    answers = os.fdopen(int(sys.argv[1]), "wb")
    # Jobs, and processes that they start, must not read frames: their standard input is the null device.
    frames = os.fdopen(os.dup(0), "rb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    setup = msgspec.msgpack.decode(read_frame(frames) or b"", type=Setup)
    sys.path[:] = setup.path
    waiting: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(frames, waiting), daemon=True).start()
    allowed = Allowed(setup.allowed)
    reports = Reports(answers)
    while True:
        data = answer(waiting.get(), setup, allowed, reports)
        reports.end(msgspec.msgpack.encode(data))


def _receive(frames: BinaryIO, waiting: "SimpleQueue[bytes]") -> None:
    while (frame := read_frame(frames)) is not None:
        waiting.put(frame)
    # The worker has ended, or does not need this process: end it, with the job that may still run.
    os._exit(0)


class Reports:
    """Writes the last reported progress to the worker, at most one every `REPORT_EVERY` seconds, and the outcome."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._lock = threading.Lock()
        self._latest: Answer | None = None
        self._timer: threading.Timer | None = None
        self._next = float("-inf")
        self._job_id: str | None = None

    def note(self, job_id: str, fraction: float, text: str) -> None:
        """Note a report; may be called in any thread."""
        with self._lock:
            if job_id != self._job_id:
                # A thread of an earlier job.
                return
            self._latest = Answer("progress", progress=fraction, progress_text=text)
            if self._timer is None:
                self._timer = threading.Timer(max(0.0, self._next - time.monotonic()), self._write)
                self._timer.daemon = True
                self._timer.start()

    def begin(self, job_id: str) -> None:
        """Accept the reports of one job only."""
        with self._lock:
            self._job_id = job_id

    def end(self, outcome: bytes) -> None:
        """Write the outcome, after which no report of the job may follow."""
        with self._lock:
            self._job_id = self._latest = None
            write_frame(self._answers, outcome)

    def _write(self) -> None:
        with self._lock:
            self._timer = None
            if self._latest is not None:
                write_frame(self._answers, msgspec.msgpack.encode(self._latest))
                self._latest = None
                self._next = time.monotonic() + REPORT_EVERY


def answer(data: bytes, setup: Setup, allowed: Allowed, reports: Reports) -> Answer:
    """Run the job in the `Call` in `data` and return its outcome."""
    call = msgspec.msgpack.decode(data, type=Call)
    job = Job.deserialize(call.job, setup.serializer)
    reports.begin(job.id)
    begin_job(call.context(job, functools.partial(reports.note, job.id)))
    try:
        import_tasks(setup.imports)
        for module in setup.registered:
            with contextlib.suppress(ConfigError):
                import_tasks([module])
        function = allowed.resolve(job.function)
    except NotAllowed as error:
        return Answer("forbidden", error=str(error))
    # An import runs code, which may raise any exception.
    except BaseException as error:
        text = f"{job.function} cannot be imported: {one_line(error)}"
        return Answer("unimportable", error=text, traceback=text_of(error))
    try:
        args, kwargs = built_arguments(function, job.function, job.args, job.kwargs)
    except DeserializationError as error:
        found = unreadable(error)
        return Answer("unimportable", error=found.error, reason=found.kind)
    try:
        value = function(*args, **kwargs)
        if inspect.isawaitable(value):
            value = asyncio.run(_awaited(value))
        outcome = encoded_result(job, value, setup.serializer, setup.largest_result, function)
    # Every exception is the job's outcome.
    except BaseException as error:
        retryable = not issubclass(type(error), NotRetryable)
        return Answer("raised", error=one_line(error), traceback=text_of(error), retryable=retryable)
    if isinstance(outcome, Raised):
        return Answer("raised", error=outcome.error, retryable=outcome.retryable)
    return Answer("returned", outcome.value)


async def _awaited(value: Any) -> Any:
    return await value


def read_frame(frames: BinaryIO) -> bytes | None:
    """Return the next frame; None at the end of the input."""
    length = frames.read(LENGTH)
    if len(length) < LENGTH:
        return None
    size = int.from_bytes(length, "big")
    data = frames.read(size)
    return data if len(data) == size else None


def write_frame(frames: BinaryIO, data: bytes) -> None:
    """Write one frame and flush it."""
    frames.write(len(data).to_bytes(LENGTH, "big") + data)
    frames.flush()


if __name__ == "__main__":
    main()
