"""A worker that was stalled for longer than its ack wait: what it comes to is not stored over another's outcome."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.core import Queue
from naq.queue.fetch import pull_one
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from naq_support.processes import WorkerProcess


@pytest.mark.parametrize("retries", [0, 3])
@pytest.mark.parametrize("first", ["raise", "stalled"])
@on_loop
async def test_a_stalled_worker_changes_nothing_about_the_success_of_another(
    naq_config: Config, tmp_path: Path, first: str, retries: int
) -> None:
    config = configured(naq_config, worker={"ack_wait": 1.5}, queue={"retry_delay": 0.1})
    queue = Queue(config=config).options(max_retries=retries)
    job = await queue.enqueue(jobs.late, str(tmp_path), 1.0, first, "ok")
    with WorkerProcess(config) as stalled:
        await until(lambda: jobs.noted(tmp_path, "begun").get("late"))
        stalled.stall()
        # Also what was not started is another's by then.
        waiting = [await queue.enqueue(jobs.note_async, str(tmp_path), f"waiting{number}") for number in range(5)]
        with WorkerProcess(config):
            assert await queue.result(job, timeout=60) == "ok"
            assert [await queue.result(one, timeout=60) for one in waiting]
            stalled.go_on()
            await until(lambda: jobs.noted(tmp_path).get("late") == 2)
            await asyncio.sleep(1.0)
            assert await queue.result(job) == "ok"
            assert await queue.depth() == 0
    state = await Status(config).job(job.id)
    assert state is not None
    # A delivery may have gone to the stalled worker in between, as its request stands for a while.
    assert state.state == "done"
    assert state.attempt >= 2
    assert await FailedJobs(config).count() == 0
    # No third run, and no second of the others.
    assert jobs.noted(tmp_path, "begun") == {"late": 2, **{f"waiting{number}": 1 for number in range(5)}}


@on_loop
async def test_a_stalled_worker_leaves_what_another_is_at_work_on(naq_config: Config, tmp_path: Path) -> None:
    config = configured(naq_config, worker={"ack_wait": 1.5})
    queue = Queue(config=config)
    # The first run ends while the second is under way.
    job = await queue.enqueue(jobs.late, str(tmp_path), 2.5, "raise", "ok")
    with WorkerProcess(config) as stalled:
        await until(lambda: jobs.noted(tmp_path, "begun").get("late"))
        stalled.stall()
        with WorkerProcess(config):
            await until(lambda: jobs.noted(tmp_path, "begun").get("late") == 2)
            stalled.go_on()
            assert await queue.result(job, timeout=60) == "ok"
            await asyncio.sleep(1.0)
            assert await queue.result(job) == "ok"
    assert await FailedJobs(config).count() == 0
    assert jobs.noted(tmp_path, "begun") == {"late": 2}


@on_loop
async def test_a_failure_of_an_earlier_delivery_is_dropped(naq_config: Config) -> None:
    """The same, without a stall: a message of an earlier delivery is handled after the later one has succeeded."""
    config = configured(naq_config, worker={"ack_wait": 0.5})
    queue = Queue(config=config).options(max_retries=3)
    job = await queue.enqueue(jobs.fail_at_first, "dropped", 0)
    jobs.runs.pop("dropped", None)
    async with nats_jetstream(config) as (connection, js):
        early = await pull_one(connection, js, config, "default", 5)
        assert early is not None
        await Worker(config=config, burst=True).run()
        assert await queue.result(job) == 1
        jobs.runs["dropped"] = -10
        await Worker(config=config).process_message(early)
    assert await queue.result(job) == 1
    assert await FailedJobs(config).count() == 0
    assert await queue.depth() == 0
