"""Jobs in separate processes: they are killed after their timeout, and cannot end their worker."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from naq.config import Config
from naq.errors import JobFailed
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@pytest.fixture
def config(naq_config: Config) -> Config:
    return configured(naq_config, worker={"isolation": "process", "max_lost": 2, "modules": "naq_support"})


@on_loop
async def test_plain_functions_run_apart_and_async_ones_do_not(config: Config) -> None:
    queue = Queue(config=config)
    apart, again = await queue.enqueue(jobs.process_id), await queue.enqueue(jobs.process_id)
    here = await queue.enqueue(jobs.process_id_async)
    await Worker(config=config, concurrency=1, burst=True).run()
    assert await queue.result(apart) == await queue.result(again) != os.getpid()
    assert await queue.result(here) == os.getpid()


@on_loop
async def test_outcomes_are_those_of_a_thread(config: Config) -> None:
    queue = Queue(config=config)
    added = await queue.enqueue(jobs.add, 1, b="é".encode().hex())
    failed = await queue.options(max_retries=2, retry_delay=0.01).enqueue(jobs.fail, "apart")
    for_good = await queue.options(max_retries=2).enqueue(jobs.fail_for_good)
    left, lossy = await queue.enqueue(jobs.leave), await queue.enqueue(jobs.give_object)
    counts = await Worker(config=config, concurrency=2, burst=True).run()
    with pytest.raises(JobFailed, match="unsupported operand"):
        await queue.result(added)
    with pytest.raises(JobFailed, match="apart") as caught:
        await queue.result(failed)
    assert "in fail" in caught.value.traceback
    for job, words in ((for_good, "never again"), (left, "SystemExit: 3"), (lossy, "of type object")):
        with pytest.raises(JobFailed, match=words):
            await queue.result(job)
    assert (counts.failed, counts.retried) == (5, 2)


@on_loop
async def test_a_function_past_its_time_is_killed(config: Config, tmp_path: Path) -> None:
    queue = Queue(config=config).options(timeout=1.0)
    for number in range(4):
        await queue.enqueue(jobs.note, str(tmp_path), f"stuck{number}", 600)
    begun = time.monotonic()
    worker = Worker(config=config, concurrency=2, burst=True)
    await worker.run()
    assert time.monotonic() - begun < 30
    assert worker.counts.failed == 4
    assert [one.details.kind for one in await FailedJobs(config).list()] == ["timeout"] * 4
    for path in tmp_path.glob("*.begun"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(path.name.split(".")[1]), 0)


@on_loop
async def test_a_function_that_kills_its_process_fails_and_the_worker_goes_on(config: Config, tmp_path: Path) -> None:
    queue = Queue(config=config).options(retry_delay=0.01)
    killer = await queue.enqueue(jobs.kill_process, str(tmp_path))
    others = [await queue.enqueue(jobs.add, 1, number) for number in range(5)]
    counts = await Worker(config=config, concurrency=2, burst=True).run()
    assert [await queue.result(job) for job in others] == [1, 2, 3, 4, 5]
    assert (counts.succeeded, counts.failed) == (5, 1)
    (failed,) = await FailedJobs(config).list()
    assert (failed.details.kind, failed.details.job_id) == ("lost", killer.id)
    assert "started 2 times" in failed.details.error
    assert len(list(tmp_path.glob("*.begun"))) == 2


@on_loop
async def test_stopping_kills_what_does_not_finish(config: Config, tmp_path: Path) -> None:
    config = configured(config, worker={"shutdown_timeout": 0.1})
    await Queue(config=config).enqueue(jobs.note, str(tmp_path), "long", 600)
    worker = Worker(config=config)
    task = asyncio.create_task(worker.run())
    (begun,) = await until(lambda: list(tmp_path.glob("*.begun")))
    worker.stop()
    await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.name.split(".")[1]), 0)
    assert await Queue(config=config).depth() == 1


@on_loop
async def test_what_is_not_allowed_is_not_run_apart_either(config: Config) -> None:
    await Queue(config=config).enqueue("os:getcwd")
    await Worker(config=config, burst=True).run()
    assert [one.details.error.startswith("os:getcwd is not allowed") for one in await FailedJobs(config).list()] == [True]
