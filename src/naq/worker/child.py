"""The process in which a job runs apart from its worker, started by `naq.worker.processes`.

It reads one frame with its settings and one for each job from standard input, and writes one for each outcome to the
file whose number is its argument. It ends with its standard input, so that it does not outlive its worker.
"""

import asyncio
import contextlib
import inspect
import os
import signal
import sys
import threading
from queue import SimpleQueue
from typing import Any, BinaryIO, Literal

import msgspec

from naq.allowed import Allowed
from naq.errors import ConfigError, NotAllowed, NotRetryable
from naq.functions import import_tasks
from naq.job import Job, Serializer
from naq.worker.describing import encoded_result, one_line, text_of
from naq.worker.settlement import Forbidden, Outcome, Raised, Returned, Unimportable

# Bytes of the length before each frame.
LENGTH = 8


class Setup(msgspec.Struct, frozen=True):
    """What a process must know before its first job.

    `imports` are modules that must be importable. `registered` are the modules of the worker's program that register
    tasks; such a module may exist in that program alone, and then no job of it runs here.
    """

    path: list[str]
    allowed: tuple[str, ...]
    imports: tuple[str, ...]
    registered: tuple[str, ...]
    serializer: Serializer
    largest_result: int


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """An outcome, as it is written by the process and read by the worker."""

    kind: Literal["returned", "raised", "unimportable", "forbidden"]
    value: bytes | None = None
    error: str = ""
    traceback: str = ""
    retryable: bool = True

    def outcome(self, at: float) -> Outcome:
        """The outcome that this stands for, `at` this time."""
        match self.kind:
            case "returned":
                return Returned(self.value)
            case "raised":
                return Raised(self.error, self.traceback, self.retryable)
            case "unimportable":
                return Unimportable(self.error, self.traceback, at=at)
            case _:
                return Forbidden(self.error)


def main() -> None:
    """Work off what comes; one job at a time."""
    # An interrupt at the terminal is for the worker, which decides what becomes of its jobs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    answers = os.fdopen(int(sys.argv[1]), "wb")
    # What a job, or a process that it starts, reads from standard input is not ours.
    frames = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    setup = msgspec.msgpack.decode(read_frame(frames) or b"", type=Setup)
    sys.path[:] = setup.path
    waiting: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(frames, waiting), daemon=True).start()
    allowed = Allowed(setup.allowed)
    while True:
        write_frame(answers, msgspec.msgpack.encode(answer(waiting.get(), setup, allowed)))


def _receive(frames: BinaryIO, waiting: "SimpleQueue[bytes]") -> None:
    while (frame := read_frame(frames)) is not None:
        waiting.put(frame)
    # The worker has gone, or wants no more; a job that still runs is no longer ours.
    os._exit(0)


def answer(data: bytes, setup: Setup, allowed: Allowed) -> Answer:
    """Run the job in these bytes, and say what comes of it."""
    job = Job.deserialize(data, setup.serializer)
    try:
        import_tasks(setup.imports)
        for module in setup.registered:
            with contextlib.suppress(ConfigError):
                import_tasks([module])
        function = allowed.resolve(job.function)
    except NotAllowed as error:
        return Answer("forbidden", error=str(error))
    # A module may raise anything when it is imported.
    except BaseException as error:
        text = f"{job.function} cannot be imported: {one_line(error)}"
        return Answer("unimportable", error=text, traceback=text_of(error))
    try:
        value = function(*job.args, **job.kwargs)
        if inspect.isawaitable(value):
            value = asyncio.run(_awaited(value))
        outcome = encoded_result(job, value, setup.serializer, setup.largest_result)
    # Whatever it raises is the job's outcome.
    except BaseException as error:
        retryable = not issubclass(type(error), NotRetryable)
        return Answer("raised", error=one_line(error), traceback=text_of(error), retryable=retryable)
    if isinstance(outcome, Raised):
        return Answer("raised", error=outcome.error, retryable=outcome.retryable)
    return Answer("returned", outcome.value)


async def _awaited(value: Any) -> Any:
    return await value


def read_frame(frames: BinaryIO) -> bytes | None:
    """The next frame; None at the end."""
    length = frames.read(LENGTH)
    if len(length) < LENGTH:
        return None
    size = int.from_bytes(length, "big")
    data = frames.read(size)
    return data if len(data) == size else None


def write_frame(frames: BinaryIO, data: bytes) -> None:
    """Write one frame, all of it."""
    frames.write(len(data).to_bytes(LENGTH, "big") + data)
    frames.flush()


if __name__ == "__main__":
    main()
