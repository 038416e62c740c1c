"""Work on all cores that ends when it is interrupted: at once, and no worker outlives the command. Knows no files.

The executors of the standard library have a thread that looks after the workers: it waits for a whole chunk when it is
interrupted, and may hang or complain when workers are ended under it. Here one process asks, and no thread runs in it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar, cast

from flake8_naq.run.gc_tuning import collect_seldom, drop_unreachable

J = TypeVar("J")
T = TypeVar("T")


class WorkerLost(ValueError):
    """Not all of the work was done."""


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process, and the way to it: a number and jobs go there, the number and their results come back."""

    process: BaseProcess
    line: Connection

    def end(self) -> None:
        """Without waiting for what it does."""
        self.process.terminate()
        self.process.join()
        self.line.close()


def spread(work: Callable[[J], T], jobs: Sequence[J], workers: int, chunk: int) -> Iterator[T]:
    """What `work`, a function of a module, gives for each job, in their order."""
    crew: list[_Worker] = []
    try:
        with _interrupts_wait():
            crew.extend(_start(work) for _ in range(workers))
        for results in _Dispatch[T](crew, [jobs[i : i + chunk] for i in range(0, len(jobs), chunk)]).run():
            yield from results
    finally:
        for worker in crew:
            worker.end()


class _Dispatch(Generic[T]):
    """Gives each worker a part of the work whenever it has none."""

    def __init__(self, crew: Sequence[_Worker], parts: Sequence[Sequence[Any]]) -> None:
        self._lines = [worker.line for worker in crew]
        self._parts = parts
        self._given = 0
        self._done: dict[int, list[T]] = {}

    def run(self) -> Iterator[list[T]]:
        """The results of each part, in the order of the parts."""
        for line in self._lines:
            self._give(line)
        for number in range(len(self._parts)):
            while number not in self._done:
                for ready in wait(self._lines):
                    self._take(cast(Connection, ready))  # one of those that it was given
            yield self._done.pop(number)

    def _give(self, line: Connection) -> None:
        if self._given < len(self._parts):
            with _lost_if_it_fails():
                line.send((self._given, self._parts[self._given]))
            self._given += 1

    def _take(self, line: Connection) -> None:
        with _lost_if_it_fails():
            number, results, error = line.recv()
        if error is not None:
            raise error
        self._done[number] = results
        self._give(line)


@contextlib.contextmanager
def _lost_if_it_fails() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise WorkerLost("a process that checks files has died (killed, or out of memory); run it again") from error


def _start(work: Callable[[Any], Any]) -> _Worker:
    # A fork starts quickest and leaves nothing behind when it is killed; it is safe, as no thread runs.
    # Elsewhere a new interpreter is started, which macOS needs and Windows has.
    context = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()  # so that the end of the process ends the line
    return _Worker(process, ours)


def _serve(work: Callable[[Any], Any], line: Connection) -> None:
    """What a worker does until it is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_seldom()
    while True:
        number, jobs = line.recv()
        answer: tuple[int, list[Any] | None, Exception | None]
        try:
            answer = number, list(map(work, jobs)), None
        except Exception as error:
            answer = number, None, error
        line.send(answer)
        drop_unreachable()


def _end_with_parent() -> None:
    """End this worker when its parent process is killed: no other process would give it work or end it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Workers start with interrupts held back, and keep that: the command hears of one, and ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
