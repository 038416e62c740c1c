"""The API without `await`: one background loop for each process, safe in threads and after a fork, and at the end."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from naq import sync
from naq.config import Config
from naq.connection.registry import current_pool
from naq.errors import CallCancelled, InsideEventLoop, InvalidJob, JobFailed, JobTimeout
from naq.queue import core, scheduled
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq_support import jobs, typed
from naq_support.processes import environment_of
from naq_support.typed import ORDER

TESTS = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    sync.close()


def work(config: Config) -> None:
    asyncio.run(Worker(["mail", "default"], config, burst=True).run())


def test_the_methods_of_a_queue_without_await(naq_config: Config) -> None:
    queue = sync.Queue("mail", naq_config)
    queue.setup()
    assert (queue.name, queue.config, repr(queue)) == ("mail", naq_config, f"sync.{core.Queue('mail', naq_config)!r}")
    job = queue.enqueue(typed.pack, ORDER)
    failing = queue.options(max_retries=0).enqueue(jobs.fail)
    later = queue.enqueue_batch([queue.job(jobs.add, 1, 2), queue.job("naq_support.jobs:add", 3, b=4)]).stored
    assert (queue.depth(), queue.peek(), queue.status(job).state) == (4, job, "queued")
    with pytest.raises(JobTimeout):
        queue.result(job, timeout=0.01)
    work(naq_config)
    assert (queue.result(job), queue.result(later[0].id), queue.result(later[1])) == (ORDER, 3, 7)
    assert queue.status(job).state == "done"
    with pytest.raises(JobFailed, match="on purpose"):
        queue.result(failing)
    with pytest.raises(InvalidJob, match="is a lambda"):
        queue.enqueue(lambda: 1)
    queue.enqueue(jobs.add, 1, 1)
    queue.enqueue(jobs.add, 2, 2)
    taken = queue.dequeue()
    assert taken is not None
    assert taken.args == (1, 1)
    left = queue.peek()
    assert left is not None
    assert (queue.cancel(left).answer, queue.status(left).state) == ("cancelled", "cancelled")
    assert (queue.purge(), queue.depth()) == (0, 0)


def test_schedules_without_await(naq_config: Config) -> None:
    schedules = sync.ScheduledQueue("mail", naq_config)
    once = schedules.enqueue_in(3600, jobs.add, 1, 2)
    again = schedules.enqueue_at(datetime.now(UTC) + timedelta(days=1), jobs.add, 1, 2)
    daily = schedules.schedule(jobs.add, 1, 2, every=60, schedule_id="minutely")
    assert {one.id for one in schedules.list()} == {once.id, again.id, daily.id}
    assert schedules.modify("minutely", every=120).timing != daily.timing
    assert schedules.cancel(once.id)
    assert schedules.get(again.id).job == again


@pytest.mark.parametrize(("own", "other"), [(sync.Queue, core.Queue), (sync.ScheduledQueue, scheduled.ScheduledQueue)])
def test_it_has_every_method_of_the_asynchronous_class(own: type, other: type) -> None:
    left = {"receive"}
    for name, method in inspect.getmembers(other, inspect.isfunction):
        if not name.startswith("_") and name not in left:
            expected = list(inspect.signature(method).parameters)
            found = list(inspect.signature(getattr(own, name)).parameters)
            assert found == expected or "options" in found, name


def test_threads_share_one_loop_and_one_connection(naq_config: Config) -> None:
    def enqueue(number: int) -> int:
        queue = sync.Queue("mail", naq_config)
        return sum(queue.enqueue(jobs.add, number, turn).args[1] for turn in range(10))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(enqueue, range(8))) == [45] * 8
    assert sync.Queue("mail", naq_config).depth() == 80
    assert [thread.name for thread in threading.enumerate()].count("naq.sync") == 1

    async def connections() -> str:
        return repr(current_pool())

    assert sync.call(connections).count("127.0.0.1") == 1


def test_it_says_where_await_is_needed(naq_config: Config) -> None:
    queue = sync.Queue(config=naq_config)

    async def handler() -> None:
        queue.depth()

    for run in (asyncio.run, sync.call):
        with pytest.raises(InsideEventLoop, match=r"cannot wait for Queue.depth here: .* await the method of naq.Queue"):
            run(handler()) if run is asyncio.run else sync.call(handler)
    assert queue.depth() == 0


def test_the_context_of_the_caller_counts(naq_config: Config) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("of the caller")

    async def read() -> str:
        return variable.get()

    assert sync.call(read) == "of the caller"


def test_a_close_ends_the_calls_that_wait_or_begin() -> None:
    async def wait() -> None:
        await asyncio.sleep(600)

    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(sync.call, wait) for _ in range(8)]
        while not all(one.done() for one in waiting):
            sync.close()
    for one in waiting:
        with pytest.raises(CallCancelled, match=r"wait was cancelled, as naq.sync was closed"):
            one.result()


def test_after_a_close_it_begins_again(naq_config: Config) -> None:
    queue = sync.Queue(config=naq_config)
    for number in range(3):
        queue.enqueue(jobs.add, number, 0)
        sync.close()
        assert "naq.sync" not in [thread.name for thread in threading.enumerate()]
    assert queue.depth() == 3


BEGIN = """\
import os, sys, threading
from naq import sync
from naq_support import jobs
queue = sync.Queue("mail")
"""


def program(text: str, config: Config) -> subprocess.Popen[str]:
    """Start a program that may use `queue`; a warning is an error in it, but for that of Python about forks."""
    path = os.pathsep.join([str(TESTS), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-W", "ignore:This process", "-c", BEGIN + text],
        env={**os.environ, **environment_of(config), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def output(process: subprocess.Popen[str], given: str = "") -> tuple[str, str]:
    """Return what the program writes until its end; one that hangs is killed, with its children."""
    try:
        return process.communicate(given, timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise


FORK = """
assert queue.enqueue(jobs.add, 0, 0)
children = []
for number in range(3):
    child = os.fork()
    if child == 0:
        # Beside each other, and beside the parent.
        for turn in range(5):
            queue.enqueue(jobs.add, number, turn)
        assert [one.name for one in threading.enumerate()].count("naq.sync") == 1
        sys.exit(7)
    children.append(child)
for turn in range(5):
    queue.enqueue(jobs.add, 9, turn)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children], queue.depth())
"""


def test_it_is_safe_after_a_fork(naq_config: Config) -> None:
    said, errors = output(program(FORK, naq_config))
    assert (said, errors) == ("[7, 7, 7] 21\n", "")


INTERRUPT = """
import asyncio
queue.enqueue(jobs.add, 1, 2)
cancelled = threading.Event()

async def wait():
    print("waits")
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        cancelled.set()

try:
    sync.call(wait)
except KeyboardInterrupt:
    print("interrupted", cancelled.wait(30), queue.depth())
"""


def test_an_interrupt_ends_the_wait_and_nothing_else(naq_config: Config) -> None:
    with program(INTERRUPT, naq_config) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        process.send_signal(signal.SIGINT)
        said, errors = output(process)
    assert (said, errors, process.returncode) == ("interrupted True 1\n", "", 0)


def test_a_call_waits_without_the_lock_of_its_future(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt that comes as the lock is taken would leave it locked, and the loop waits for it."""
    asked: list[bool] = []
    result = Future.result

    def noted(future: Future[Any], timeout: float | None = None) -> Any:
        asked.append(future.done())
        return result(future, timeout)

    monkeypatch.setattr(Future, "result", noted)
    assert sync.call(asyncio.sleep, 0.05, "slept") == "slept"
    assert asked == [True]


ENDING = """
threads = [threading.Thread(target=queue.result, args=("nosuch", 600), daemon=True) for _ in range(3)]
queue.enqueue(jobs.add, 1, 2)
[thread.start() for thread in threads]
print("ready")
sys.stdin.readline()
"""


@pytest.mark.parametrize("gone", [False, True])
def test_the_end_of_the_process_waits_for_nothing(gone: bool) -> None:
    """Neither for calls that wait in other threads, nor for a server that is gone."""
    with NatsServer() as server, program(ENDING, Config.for_servers(server.url)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if gone:
            server.stop()
        said, errors = output(process, "\n")
    assert (said, process.returncode) == ("", 0)
    assert "Traceback" not in errors, errors
