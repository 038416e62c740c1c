"""Jobs that end their worker: only their runs are counted, and no further worker ends because of them."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from naq.config import Config
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until, until_at_least
from naq_support.processes import WorkerProcess


async def supervised(config: Config, queue: Queue, most: int) -> int:
    """Start a worker whenever the last has died, until the queue is empty; returns how many died."""
    for died in range(most):
        with WorkerProcess(config) as process:
            while process.runs:
                if await queue.depth() == 0:
                    return died
                await asyncio.sleep(0.05)
    raise AssertionError(f"{most} workers died")


@pytest.mark.parametrize("most", [2, 3])
@on_loop
async def test_a_job_that_kills_its_worker_fails_and_takes_nobody_along(
    naq_config: Config, tmp_path: Path, most: int
) -> None:
    config = configured(naq_config, worker={"ack_wait": 1.5, "max_lost": most, "concurrency": 4})
    queue = Queue(config=config).options(max_retries=5)
    for number in range(3):
        await queue.enqueue(jobs.note_async, str(tmp_path), f"before{number}", 0.3)
    killer = await queue.enqueue(jobs.kill_worker, str(tmp_path), "killer")
    for number in range(8):
        await queue.enqueue(jobs.note_async, str(tmp_path), f"after{number}", 0.3)
    died = await supervised(config, queue, most + 2)
    (failed,) = await FailedJobs(config).list()
    assert (failed.details.kind, failed.details.job_id) == ("lost", killer.id)
    assert f"started {most} times" in failed.details.error
    assert died == jobs.noted(tmp_path, "begun")["killer"] == most
    begun, done = jobs.noted(tmp_path, "begun"), jobs.noted(tmp_path)
    assert len(done) == 11
    # Only the jobs that ran beside it when it killed the worker for the first time were started twice.
    assert sum(times - 1 for name, times in begun.items() if name != "killer") <= 3


@on_loop
async def test_stopping_a_worker_is_no_lost_run(naq_config: Config) -> None:
    config = configured(naq_config, worker={"max_lost": 1, "shutdown_timeout": 0.1})
    queue = Queue(config=config)
    for _ in range(4):
        await queue.enqueue(jobs.sleep, 60)
    for _ in range(3):
        await stopped_in_the_middle(config)
    assert await FailedJobs(config).count() == 0
    assert await queue.depth() == 4


async def stopped_in_the_middle(config: Config) -> None:
    worker = Worker(config=config, concurrency=1)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running)
    worker.stop()
    await task


@on_loop
async def test_waiting_behind_others_in_workers_that_die_is_no_lost_run(naq_config: Config, tmp_path: Path) -> None:
    config = configured(naq_config, worker={"max_lost": 2, "ack_wait": 0.5, "concurrency": 1, "prefetch": 10})
    queue = Queue(config=config)
    await queue.enqueue(jobs.note_async, str(tmp_path), "first", 60)
    waiting = [await queue.enqueue(jobs.add, 1, number) for number in range(5)]
    for number in range(2):
        with WorkerProcess(config) as process:
            await until_at_least(lambda: jobs.noted(tmp_path, "begun").get("first", 0), number + 1)
            await asyncio.to_thread(process.signal, signal.SIGKILL)
    await Worker(config=config, burst=True).run()
    assert [await queue.result(job) for job in waiting] == [1, 2, 3, 4, 5]
    assert [one.details.kind for one in await FailedJobs(config).list()] == ["lost"]
