"""The running job inside its function, and the progress that it reports, against a real server."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.core import Queue
from naq.queue.streams import names
from naq.records import JobState, decode, encode
from naq.worker.core import Worker
from naq.worker.progress import ProgressReports
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until

KINDS = [
    pytest.param(jobs.describe_later, jobs.report_later, {}, id="coroutine"),
    pytest.param(jobs.describe, jobs.report, {}, id="thread"),
    pytest.param(jobs.describe, jobs.report, {"isolation": "process", "modules": "naq_support"}, id="process"),
]


@contextlib.asynccontextmanager
async def working(config: Config, queue: str = "default") -> AsyncIterator[Worker]:
    worker = Worker(queue, config, concurrency=1)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await task


@pytest.mark.parametrize(("describe", "report", "worker"), KINDS)
@on_loop
async def test_a_function_knows_its_job_and_reports(
    naq_config: Config, tmp_path: Path, describe: Callable[[], object], report: Callable[..., object], worker: dict[str, str]
) -> None:
    config = configured(naq_config, worker=worker)
    queue = Queue("known", config)
    described = await queue.options(timeout=600).enqueue(describe)
    reported = await queue.enqueue(report, str(tmp_path), 0.75, "three of four")
    async with nats_jetstream(config) as (connection, _):
        written: list[JobState] = []

        async def on_state(msg: Msg) -> None:
            written.append(decode(msg.data, JobState))

        where = names(config)
        await connection.subscribe(where.key(where.states, reported.id), cb=on_state)
        async with working(config, "known") as running:
            known = await queue.result(described, timeout=30)
            begun = time.monotonic()
            await until(lambda: _progress(config, reported.id, 0.75))
            state = await Status(config).job(reported.id)
            took = time.monotonic() - begun
            (tmp_path / "go").touch()
            await queue.result(reported, timeout=30)
            ended = await queue.status(reported)
    assert 0 < known.pop("remaining") <= 600
    assert known == {
        "id": described.id,
        "queue": "known",
        "function": described.function,
        "attempt": 1,
        "enqueued_at": described.enqueued_at,
        "worker": running.worker_id,
    }
    assert state is not None
    assert (state.state, state.progress_text) == ("running", "three of four")
    progresses = [one.progress for one in written if one.state == "running" and one.progress is not None]
    # Of 5,001 reports, the first, the last, and at most one each second between them.
    assert progresses[-1] == 0.75
    assert len(progresses) <= 2 + took
    assert (ended.state, ended.progress, ended.progress_text) == ("done", None, "")


async def _progress(config: Config, job_id: str, fraction: float) -> bool:
    state = await Status(config).job(job_id)
    return state is not None and state.progress == fraction


@on_loop
async def test_a_job_that_reports_nothing_writes_its_start_and_its_end(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(result_ttl=60)
    await queue.setup()
    job = await queue.enqueue(jobs.describe_later)
    await Worker(config=naq_config, burst=True).run()
    await until(lambda: _state(naq_config, job.id, "done"))
    async with nats_jetstream(naq_config) as (_, js):
        assert (await js.stream_info(f"KV_{names(naq_config).states}")).state.last_seq == 2


async def _state(config: Config, job_id: str, expected: str) -> bool:
    state = await Status(config).job(job_id)
    return state is not None and state.state == expected


@on_loop
async def test_attempts_are_runs_and_not_deliveries(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    jobs.runs.pop("third", None)
    needed = await Queue("later", naq_config).enqueue(jobs.nothing)
    job = await queue.options(max_retries=2, retry_delay=0.01, depends_on=needed).enqueue(jobs.describe_third, "third")
    async with working(naq_config):
        await until(lambda: _state(naq_config, job.id, "waiting"))
        await Worker("later", naq_config, burst=True).run()
        assert await queue.result(job, timeout=30) == [3, 3]


@on_loop
async def test_an_overtaken_attempt_writes_no_progress(
    naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("naq.worker.progress.INTERVAL", 0.05)
    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.report_later, str(tmp_path), 0.75, "too late")
    where = names(naq_config)
    async with nats_jetstream(naq_config) as (_, js), working(naq_config):
        present = await until(lambda: Status(naq_config).job(job.id))
        other = msgspec.structs.replace(present, attempt=2, worker="another")
        await js.publish(where.key(where.states, job.id), encode(other))
        # Several writes would have had their time.
        await asyncio.sleep(0.5)
        state = await Status(naq_config).job(job.id)
        (tmp_path / "go").touch()
    assert state == other


@on_loop
async def test_reports_during_a_slow_write_end_in_one_write_of_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("naq.worker.progress.INTERVAL", 0.01)
    written: list[tuple[float, str]] = []
    gate = asyncio.Event()

    async def write(fraction: float, text: str) -> None:
        written.append((fraction, text))
        await gate.wait()

    reports = ProgressReports(asyncio.get_running_loop(), write)
    assert not reports.used
    reports.note(0.1, "first")
    await until(lambda: written)
    for number in range(2, 9):
        reports.note(number / 10, "more")
        await asyncio.sleep(0.02)
    assert written == [(0.1, "first")]
    gate.set()
    await until(lambda: len(written) == 2)
    reports.note(0.9, "not in time")
    await reports.end()
    reports.note(1.0, "after the end")
    await asyncio.sleep(0.05)
    assert written == [(0.1, "first"), (0.8, "more")]
