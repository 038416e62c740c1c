"""A worker ends in time, also if its jobs or its server block, and restores the program's signal handlers."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from naq.config import Config
from naq.queue.core import Queue
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq.worker.status import Status
from naq.worker.stopping import REST, Stop, run_bounded, unless_stopped
from naq_support import jobs
from naq_support.aio import configured, on_loop, tasks_of_naq, until
from naq_support.processes import TESTS, WorkerProcess, environment_of

# For a busy machine.
MARGIN = 8.0


def ending(process: WorkerProcess, number: int) -> float:
    """How long a process takes to end after a signal, in seconds; it must end well."""
    begun = time.monotonic()
    assert process.signal(number) == 0
    return time.monotonic() - begun


async def running(config: Config) -> bool:
    return any(one.running for one in await Status(config).workers())


@on_loop
async def test_a_job_that_swallows_its_cancellation_does_not_keep_the_process(naq_config: Config) -> None:
    config = configured(naq_config, worker={"shutdown_timeout": 0.5, "heartbeat_interval": 0.1})
    await Queue(config=config).enqueue(jobs.refuse_to_end, 600)
    with WorkerProcess(config) as process:
        await until(lambda: running(config))
        assert await asyncio.to_thread(ending, process, signal.SIGTERM) < 0.5 + REST + MARGIN
    assert await Queue(config=config).dequeue(timeout=5) is not None


@on_loop
async def test_a_job_that_is_deaf_does_not_keep_its_time_limit_from_counting(naq_config: Config) -> None:
    """A job that ignores its cancellation after a timeout uses its slot, but does not keep the worker from ending."""
    config = configured(naq_config, worker={"shutdown_timeout": 0.2})
    queue = Queue(config=config).options(timeout=0.1)
    await queue.enqueue(jobs.refuse_to_end, 8)
    worker = Worker(config=config)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.counts.failed)
    begun = time.monotonic()
    worker.stop()
    await task
    assert time.monotonic() - begun < 0.2 + REST


@pytest.mark.parametrize("how", ["kill", "suspend"])
@on_loop
async def test_a_server_that_is_away_or_stalls_does_not_keep_a_worker(how: str) -> None:
    with NatsServer() as server:
        config = configured(server.config, worker={"shutdown_timeout": 1.0})
        queue = Queue(config=config)
        gate = jobs.gate("ends")
        await queue.enqueue(jobs.pass_gate, "ends")
        worker = Worker(config=config)
        task = asyncio.create_task(worker.run())
        await until(lambda: worker.status().running)
        await asyncio.to_thread(getattr(server, how))
        try:
            gate.set()
            await asyncio.sleep(0.5)
            begun = time.monotonic()
            worker.stop()
            await task
            spent = time.monotonic() - begun
        finally:
            if how == "suspend":
                server.resume()
    assert spent < 1.0 + REST + 1.0


@on_loop
async def test_a_worker_that_prepares_stops_at_once() -> None:
    with NatsServer() as server:
        await Queue(config=server.config).setup()
        worker = Worker(config=server.config)
        server.suspend()
        try:
            task = asyncio.create_task(worker.run())
            await asyncio.sleep(0.3)
            begun = time.monotonic()
            worker.stop()
            await task
            assert time.monotonic() - begun < 3
        finally:
            server.resume()


def test_the_command_ends_although_a_job_blocks_the_loop(naq_config: Config, tmp_path: Path) -> None:
    config = configured(naq_config, worker={"shutdown_timeout": 0.1, "heartbeat_interval": 0.1})
    begun = tmp_path / "begun"
    tmp_path.joinpath("blocking.py").write_text(
        f"import pathlib, time\nasync def block():\n    pathlib.Path({str(begun)!r}).touch()\n    time.sleep(600)\n"
    )
    asyncio.run(_enqueue(config, "blocking:block"))
    environment = {**os.environ, **environment_of(config), "PYTHONPATH": str(TESTS)}
    process = subprocess.Popen([sys.executable, "-m", "naq.cli", "worker", "--quiet"], env=environment, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 60
        while not begun.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        signalled = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 1
        assert time.monotonic() - signalled < 0.1 + 10 + MARGIN
    finally:
        process.kill()
        process.wait()


async def _enqueue(config: Config, path: str) -> None:
    await Queue(config=config).enqueue(path)


@on_loop
async def test_the_programs_own_handlers_come_back(naq_config: Config) -> None:
    came: list[str] = []

    def on_term(number: int, frame: Any) -> None:
        came.append("term")

    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, on_term)
    loop.add_signal_handler(signal.SIGINT, came.append, "int")
    try:
        await Worker(config=naq_config, burst=True).run()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        await until(lambda: len(came) == 2)
        assert sorted(came) == ["int", "term"]
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGTERM, before)


@on_loop
async def test_work_that_does_not_end_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("naq.worker.stopping.REST", 0.3)
    monkeypatch.setattr("naq.worker.stopping.LAST", 0.2)
    stop, begun = Stop(), time.monotonic()
    stop.request()
    await run_bounded(jobs.refuse_to_end(2.0), stop, 0.1, "deaf")
    assert 0.1 < time.monotonic() - begun < 2.0
    await until(lambda: not tasks_of_naq())


@on_loop
async def test_what_is_stopped_before_it_ends_says_so() -> None:
    stop = Stop()
    assert await unless_stopped(asyncio.sleep(0), stop)
    asyncio.get_running_loop().call_later(0.05, stop.request)
    assert not await unless_stopped(asyncio.sleep(60), stop)


@on_loop
async def test_a_wait_ends_with_the_request_to_stop_and_after_its_time() -> None:
    stop, loop = Stop(), asyncio.get_running_loop()
    async with asyncio.timeout(30):
        await stop.wait(0.05)
        assert not stop.requested.is_set()
        loop.call_later(0.05, stop.request)
        await stop.wait(3600)
    assert stop.requested.is_set()
