"""Dependencies whose records have expired, and dependencies that were not found."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import JobFailed, JobTimeout
from naq.job import Job, job_options
from naq.queue import deduplication
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.memory import Memory
from naq.queue.scheduled import ScheduledQueue
from naq.queue.streams import names
from naq.worker import settlement
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiting job is delivered again soon."""
    monkeypatch.setattr(settlement, "FIRST_WAIT", 0.3)
    monkeypatch.setattr(settlement, "LONGEST_WAIT", 0.6)


def forgetful(config: Config) -> Config:
    """A Config under which records expire soon."""
    return configured(config, queue={"state_ttl": 1.0, "result_ttl": 3600.0}, worker={"dependency_timeout": 60.0})


@asynccontextmanager
async def working(config: Config) -> AsyncIterator[Worker]:
    worker = Worker("default", config)
    task = asyncio.create_task(worker.run(handle_signals=False))
    try:
        yield worker
    finally:
        worker.stop()
        await task


async def work_off(config: Config) -> None:
    await Worker("default", config, burst=True).run(handle_signals=False)


async def forget_records(config: Config) -> None:
    """Delete the records, as if they had expired."""
    where = names(config)
    async with nats_jetstream(config) as (_, js):
        for bucket in (where.results, where.states):
            await js.purge_stream(f"KV_{bucket}")


@pytest.mark.parametrize("way", ["alone", "scheduled", "batch"])
@on_loop
async def test_what_was_done_when_its_dependent_was_enqueued_needs_no_record_later(
    naq_config: Config, way: str
) -> None:
    queue = Queue(config=naq_config)
    needed = await queue.enqueue(jobs.add, 1, 1)
    await work_off(naq_config)
    options = job_options(depends_on=needed)
    if way == "alone":
        job = await Queue(config=naq_config, options=options).enqueue(jobs.add, 2, 2)
    elif way == "scheduled":
        job = await ScheduledQueue(config=naq_config, options=options).enqueue_in(0.5, jobs.add, 2, 2)
    else:
        job = Job.create(jobs.add, (2, 2), options=options)
        (await enqueue_batch([job], naq_config)).raise_for_failures()
    await forget_records(naq_config)
    async with working(naq_config):
        assert await queue.result(job, timeout=30) == 4


@on_loop
async def test_what_is_done_before_its_dependent_comes_needs_no_record_then(naq_config: Config) -> None:
    """The dependency existed when its dependent was enqueued, and has no record or message now."""
    config = forgetful(naq_config)
    queue = Queue(config=config)
    needed = await queue.enqueue(jobs.add, 1, 1)
    job = await ScheduledQueue(config=config, options=job_options(depends_on=needed)).enqueue_in(3.0, jobs.add, 2, 2)
    async with working(config):
        await queue.result(needed, timeout=30)
        await forget_records(config)
        assert await queue.result(job, timeout=30) == 4


@on_loop
async def test_what_waits_without_a_record_is_waited_for(naq_config: Config) -> None:
    """The dependencies wait on another queue or for their time, so no worker has recorded a state."""
    config = forgetful(naq_config)
    queue, other = Queue(config=config), Queue("other", config)
    waits = await other.enqueue(jobs.add, 1, 1)
    due = await ScheduledQueue("other", config).enqueue_in(3600, jobs.add, 1, 1)
    dependents = [await queue.options(depends_on=needed).enqueue(jobs.add, 2, 2) for needed in (waits, due)]
    async with working(config) as worker:
        await until(lambda: worker.counts.waited >= 6)
        for job in dependents:
            with pytest.raises(JobTimeout):
                await queue.result(job, timeout=0)
        await other.purge()
        assert await queue.result(dependents[0], timeout=30) == 4


@on_loop
async def test_what_failed_and_has_no_record_has_failed(naq_config: Config) -> None:
    config = forgetful(naq_config)
    queue = Queue(config=config)
    needed = await queue.enqueue(jobs.fail)
    job = await ScheduledQueue(config=config, options=job_options(depends_on=needed)).enqueue_in(2.0, jobs.add, 2, 2)
    async with working(config):
        await until(FailedJobs(config).count)
        await forget_records(config)
        with pytest.raises(JobFailed, match=f"job {needed.id}, on which it depends, has failed"):
            await queue.result(job, timeout=30)


@pytest.mark.parametrize("way", ["alone", "batch"])
@on_loop
async def test_a_misspelt_id_is_told_at_enqueue(naq_config: Config, way: str, caplog: pytest.LogCaptureFixture) -> None:
    config = configured(naq_config, worker={"dependency_timeout": 1.0})
    queue = Queue(config=config)
    with caplog.at_level(logging.WARNING, "naq.queue"):
        job = queue.options(depends_on="misspelt").job(jobs.add, 2, 2)
        await (queue.enqueue(job) if way == "alone" else enqueue_batch([job], config))
    (record,) = caplog.records
    assert f"job {job.id} depends on job misspelt, which was not found" in record.getMessage()
    await work_off(config)
    with pytest.raises(JobFailed, match="waited too long for job misspelt"):
        await queue.result(job)


@on_loop
async def test_what_is_there_is_not_warned_of(
    naq_config: Config, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(config=naq_config)
    with caplog.at_level(logging.WARNING, "naq.queue"):
        failed = await queue.enqueue(jobs.fail)
        done = await queue.enqueue(jobs.add, 1, 1)
        await work_off(naq_config)
        caplog.clear()
        waits = await queue.enqueue(jobs.add, 1, 1)
        due = await ScheduledQueue("other", naq_config).enqueue_in(3600, jobs.add, 1, 1)
        # As another process, which has enqueued nothing.
        monkeypatch.setattr(deduplication, "MEMORY", Memory())
        await queue.options(depends_on=[failed, done, waits, due]).enqueue(jobs.add, 2, 2)
        first = queue.job(jobs.add, 1, 1)
        await enqueue_batch([queue.options(depends_on=first).job(jobs.add, 2, 2), first], naq_config)
    assert [record for record in caplog.records if "was not found" in record.getMessage()] == []


@on_loop
async def test_a_job_that_ran_and_is_put_back_needs_no_record_of_its_dependencies(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    needed = await queue.enqueue(jobs.add, 1, 1)
    job = await queue.options(depends_on=needed).enqueue(jobs.fail_at_first, naq_config.queue.prefix, 1)
    await work_off(naq_config)
    await forget_records(naq_config)
    (failed,) = await FailedJobs(naq_config).list()
    await FailedJobs(naq_config).requeue(failed.sequence)
    async with working(naq_config):
        assert await queue.result(job, timeout=30) == 2


@on_loop
async def test_what_is_enqueued_after_its_dependent_is_waited_for(naq_config: Config) -> None:
    config = forgetful(naq_config)
    queue = Queue(config=config)
    needed = msgspec.structs.replace(queue.job(jobs.add, 1, 1), id="later")
    job = await queue.options(depends_on=needed).enqueue(jobs.add, 2, 2)
    async with working(config) as worker:
        await until(lambda: worker.counts.waited >= 3)
        await queue.enqueue(needed)
        assert await queue.result(job, timeout=30) == 4
