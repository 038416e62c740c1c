"""`naq worker --reload` as a process, with a real server: changes, a running job, a syntax error, signals."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from naq.config import Config
from naq.queue.core import Queue
from naq.worker.status import Status
from naq_support.processes import TESTS, environment_of

SHOP = """\
import time
from pathlib import Path
from naq import task


@task
def sell():
    return "{}"


@task
def hold():
    Path("held").touch()
    while not Path("released").exists():
        time.sleep(0.02)
    return "{}"
"""


def write(text: str, broken: str = "") -> None:
    """Write the module with the same size and time of change, as an editor may within a second."""
    path = Path("shop.py")
    path.write_text(SHOP.format(text, text) + broken)
    os.utime(path, (1_700_000_000, 1_700_000_000))


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, Path("log.txt").read_text()
        time.sleep(0.05)


@pytest.fixture
def environment(naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    write("one")
    heartbeats = {"NAQ_WORKER__HEARTBEAT_INTERVAL": "0.1"}
    return {**os.environ, **environment_of(naq_config), **heartbeats, "PYTHONPATH": str(TESTS)}


@pytest.fixture
def reloading(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "naq.cli", "worker", "--reload", "--import", "shop"]
    with Path("log.txt").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    yield process
    process.terminate()
    process.wait(60)


def workers(config: Config) -> list[int]:
    return [one.pid for one in asyncio.run(Status(config).workers())]


def states(config: Config) -> list[str]:
    return [one.state for one in asyncio.run(Status(config).workers())]


def test_changes_are_taken_up_and_no_job_is_lost(naq_config: Config, reloading: subprocess.Popen[bytes]) -> None:
    queue = Queue(config=naq_config)

    def run(work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return asyncio.run(awaited())

    def log() -> str:
        return Path("log.txt").read_text()

    def sold() -> Any:
        return run(queue.result(run(queue.enqueue("shop:sell")), 90))

    assert sold() == "one"
    (first,) = workers(naq_config)
    held = run(queue.enqueue("shop:hold"))
    until(Path("held").exists)
    write("two")
    until(lambda: "shop.py changed: the worker starts again" in log())
    until(lambda: states(naq_config) == ["stopping"])  # before that, it may take the next job as well
    waiting = run(queue.enqueue("shop:sell"))
    # The running job is finished by the old worker, the next job is run by the new one.
    assert workers(naq_config) == [first]
    Path("released").touch()
    assert run(queue.result(held, 90)) == "one"
    assert run(queue.result(waiting, 90)) == "two"
    assert workers(naq_config) != [first]
    write("bad", broken="def (:\n")
    until(lambda: "the worker has ended with exit code 2; it starts again when a file changes" in log())
    assert log().count("SyntaxError") == 1
    assert "Traceback" not in log()
    waiting = run(queue.enqueue("shop:sell"))
    write("3rd")
    assert run(queue.result(waiting, 90)) == "3rd"
    (last,) = workers(naq_config)
    reloading.send_signal(signal.SIGINT)
    assert reloading.wait(60) == 130
    assert not Path(f"/proc/{last}").exists()
    assert workers(naq_config) == []


def test_the_worker_ends_when_its_starter_is_killed(naq_config: Config, reloading: subprocess.Popen[bytes]) -> None:
    until(lambda: workers(naq_config))
    reloading.kill()
    until(lambda: not workers(naq_config))
