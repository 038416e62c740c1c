"""Functions that tests enqueue; importable by workers in other processes too."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from naq import current_job
from naq.errors import NotRetryable

# Runs by key, for functions that behave differently the second time.
runs: dict[str, int] = {}
# What `pass_gate` waits for: a test that makes one decides how long its job takes.
gates: dict[str, asyncio.Event] = {}
# What `tell_end` sets when it is cancelled.
ended: dict[str, asyncio.Event] = {}


def add(a: int, b: int) -> int:
    return a + b


async def add_later(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a + b


def give_back(value: Any) -> Any:
    return value


def nothing() -> None:
    return None


async def nothing_async() -> None:
    return None


def fail(text: str = "on purpose") -> None:
    raise ValueError(text)


def fail_for_good() -> None:
    raise NotRetryable("never again")


def fail_at_first(key: str, times: int) -> int:
    """Fails so many times, then returns the number of the run."""
    runs[key] = runs.get(key, 0) + 1
    if runs[key] <= times:
        raise ValueError(f"failure {runs[key]}")
    return runs[key]


def fail_if(key: str, fails: Sequence[bool]) -> int:
    """Fails in the runs for which `fails` says so, and returns the number of the run in the others."""
    runs[key] = runs.get(key, 0) + 1
    if fails[runs[key] - 1]:
        raise ValueError(f"run {runs[key]}")
    return runs[key]


def count(key: str) -> int:
    runs[key] = runs.get(key, 0) + 1
    return runs[key]


async def count_slowly(key: str, seconds: float) -> int:
    await asyncio.sleep(seconds)
    return count(key)


def leave() -> None:
    raise SystemExit(3)


def give_object() -> object:
    return object()


def give_bytes(size: int) -> str:
    return "x" * size


async def sleep(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "slept"


def gate(key: str) -> asyncio.Event:
    gates[key] = asyncio.Event()
    return gates[key]


async def pass_gate(key: str) -> str:
    await gates[key].wait()
    return "through"


async def tell_end(key: str) -> None:
    """Runs until it is cancelled, and tells when it is."""
    try:
        await asyncio.sleep(3600)
    finally:
        ended[key].set()


async def refuse_to_end(seconds: float) -> None:
    """Swallows its cancellation."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            continue


async def block_loop(seconds: float) -> None:
    """Holds up the event loop, as a library without async does."""
    time.sleep(seconds)


def block(seconds: float) -> str:
    time.sleep(seconds)
    return "blocked"


async def exclusive(folder: str, name: str, seconds: float) -> None:
    """Notes in `clash` files when it runs twice at the same time; a process that was killed does not count."""
    lock = Path(folder, f"{name}.lock")
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        try:
            os.kill(int(lock.read_text() or 0) or os.getpid(), 0)
            Path(folder, f"{name}.{time.monotonic_ns()}.clash").touch()
        except ProcessLookupError:
            lock.write_text(str(os.getpid()))
    else:
        os.write(descriptor, str(os.getpid()).encode())
        os.close(descriptor)
    await asyncio.sleep(seconds)
    Path(folder, f"{name}.{time.monotonic_ns()}.ran").touch()
    lock.unlink(missing_ok=True)


def thread_name() -> str:
    return threading.current_thread().name


def note(folder: str, name: str, seconds: float = 0.0) -> str:
    """Leaves one file for each run that begins and one for each that ends, so that other processes can count them."""
    stamp = f"{name}.{os.getpid()}.{time.monotonic_ns()}"
    Path(folder, f"{stamp}.begun").touch()
    time.sleep(seconds)
    Path(folder, f"{stamp}.done").touch()
    return name


async def note_async(folder: str, name: str, seconds: float = 0.0) -> str:
    stamp = f"{name}.{os.getpid()}.{time.monotonic_ns()}"
    Path(folder, f"{stamp}.begun").touch()
    await asyncio.sleep(seconds)
    Path(folder, f"{stamp}.done").touch()
    return name


async def late(folder: str, seconds: float, *endings: str) -> str:
    """Takes so long, then ends as the ending of its number says: the first run as the first, and so on."""
    number = len(list(Path(folder).glob("late.*.begun")))
    ending = endings[min(number, len(endings) - 1)]
    Path(folder, f"late.{os.getpid()}.{number}.begun").touch()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    Path(folder, f"late.{os.getpid()}.{number}.done").touch()
    if ending == "raise":
        raise ConnectionError("cut off")
    return ending


def process_id() -> int:
    return os.getpid()


async def process_id_async() -> int:
    return os.getpid()


def kill_process(folder: str) -> None:
    """The same as `kill_worker`, as a plain function."""
    Path(folder, f"killer.{os.getpid()}.{time.monotonic_ns()}.begun").touch()
    os.kill(os.getpid(), signal.SIGKILL)


async def kill_worker(folder: str, name: str) -> None:
    """Ends the process that runs it, as a fault in compiled code does."""
    Path(folder, f"{name}.{os.getpid()}.{time.monotonic_ns()}.begun").touch()
    os.kill(os.getpid(), signal.SIGKILL)


def noted(folder: Path, ending: str = "done") -> dict[str, int]:
    """How often each name was noted."""
    found: dict[str, int] = {}
    for path in folder.glob(f"*.{ending}"):
        name = path.name.split(".")[0]
        found[name] = found.get(name, 0) + 1
    return found


class Greeter:
    """For import paths that go through a class."""

    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    @staticmethod
    def greet(name: str) -> str:
        return f"hello {name}"

    def method(self) -> Any:
        return self


class Unhashable:
    """Can be called, and neither imported nor kept in a cache."""

    def __eq__(self, other: object) -> bool:
        return False

    def __call__(self) -> None:
        return None


class BaseOnly(BaseException):
    """Not an Exception, as some test runners and green threads have them."""


class Wordless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def raise_base() -> None:
    raise BaseOnly("no Exception")


async def raise_base_later() -> None:
    await asyncio.sleep(0)
    raise BaseOnly("no Exception")


async def raise_base_in_group() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(60))
        raise BaseOnly("no Exception")


async def exit_generator() -> None:
    raise GeneratorExit


def interrupt() -> None:
    raise KeyboardInterrupt


async def cancel_itself() -> None:
    raise asyncio.CancelledError


class Grumpy(type):
    """A class of exceptions that cannot even be described."""

    def __getattribute__(cls, name: str) -> Any:
        raise RuntimeError(f"no {name}")


class Indescribable(Exception, metaclass=Grumpy):
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"no {name}")


def raise_indescribable() -> None:
    raise Indescribable("anything")


async def raise_indescribable_later() -> None:
    raise Indescribable("anything")


def raise_without_words() -> None:
    raise Wordless


def fail_beyond_text() -> None:
    raise FileNotFoundError("caf\udce9.txt")


def describe() -> dict[str, Any]:
    """What the function can know of its job."""
    job = current_job()
    shown = {name: getattr(job, name) for name in ("id", "queue", "function", "attempt", "enqueued_at", "worker")}
    return {**shown, "remaining": job.remaining()}


async def describe_later() -> dict[str, Any]:
    await asyncio.sleep(0)
    return describe()


def describe_third(key: str) -> list[int]:
    """Fails twice; returns how often it ran, and the number of the attempt."""
    if count(key) < 3:
        raise ValueError("again")
    return [runs[key], current_job().attempt]


def report(folder: str, fraction: float, text: str) -> None:
    """Reports in a tight loop, then once more, and ends when the test says so."""
    for number in range(5_000):
        current_job().progress(number / 100_000)
    current_job().progress(fraction, text)
    while not Path(folder, "go").exists():
        time.sleep(0.01)


async def report_later(folder: str, fraction: float, text: str) -> None:
    for number in range(5_000):
        await current_job().progress(number / 100_000)
    await current_job().progress(fraction, text)
    while not Path(folder, "go").exists():
        await asyncio.sleep(0.01)


# What `remember` was called with, by key.
remembered: dict[str, list[str]] = {}


async def remember(key: str, what: str) -> None:
    remembered.setdefault(key, []).append(what)


class AtOnce:
    """How many calls with one key run at once, in one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.all: dict[str, int] = {}

    def begin(self, key: str) -> None:
        with self._lock:
            self.now[key] = self.now.get(key, 0) + 1
            self.all[key] = self.all.get(key, 0) + 1
            self.most[key] = max(self.most.get(key, 0), self.now[key])

    def end(self, key: str) -> None:
        with self._lock:
            self.now[key] -= 1


at_once = AtOnce()


async def run_at_once(key: str, seconds: float = 0.0) -> None:
    at_once.begin(key)
    await asyncio.sleep(seconds)
    at_once.end(key)


def block_at_once(key: str, seconds: float = 0.0) -> None:
    at_once.begin(key)
    time.sleep(seconds)
    at_once.end(key)


async def note_progress(folder: str, name: str, seconds: float) -> str:
    """As `note_async`, with a report of its progress at each step."""
    stamp = f"{name}.{os.getpid()}.{time.monotonic_ns()}"
    Path(folder, f"{stamp}.begun").touch()
    for step in range(10):
        current_job().progress(step / 10, f"attempt {current_job().attempt}")
        await asyncio.sleep(seconds / 10)
    Path(folder, f"{stamp}.done").touch()
    return name
