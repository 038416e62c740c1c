"""One job from `enqueue` to its result, with all that it may ask for on its way."""

from __future__ import annotations

import pytest

from naq.config import Config
from naq.errors import JobFailed, JobNotFound
from naq.job import Job
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import on_loop


async def work_off(config: Config) -> None:
    """Run the queue `mail` empty."""
    await Worker("mail", config, burst=True).run(handle_signals=False)


@pytest.mark.parametrize("serializer", ["json", "cloudpickle"])
@on_loop
async def test_arguments_and_result_come_through_as_they_were(naq_config: Config, serializer: str) -> None:
    config = naq_config.model_copy(update={"serializer": serializer})
    queue = Queue("mail", config)
    job = await queue.enqueue(jobs.give_back, {"text": "é😀", "numbers": [1, 2.5, None, True]})
    assert Job.deserialize(job.serialize(config.serializer), config.serializer) == job
    await work_off(config)
    assert await queue.result(job) == {"text": "é😀", "numbers": [1, 2.5, None, True]}


@on_loop
async def test_a_job_is_followed_from_queued_to_done(naq_config: Config) -> None:
    queue, status = Queue("mail", naq_config), Status(naq_config)
    job = await queue.enqueue(jobs.add, 1, 2)
    with pytest.raises((TimeoutError, JobNotFound)):
        await queue.result(job, timeout=0.05)
    await work_off(naq_config)
    state = await status.job(job.id)
    assert state is not None
    assert (state.state, state.queue) == ("done", "mail")
    assert await queue.result(job.id) == 3


@on_loop
async def test_a_job_is_retried_as_often_as_it_asks_for(naq_config: Config) -> None:
    queue = Queue("mail", naq_config).options(max_retries=2, retry_delay=[0.01, 0.02])
    job = await queue.enqueue(jobs.fail_at_first, "retried in mail", 2)
    await work_off(naq_config)
    assert await queue.result(job) == 3
    assert jobs.runs["retried in mail"] == 3


@on_loop
async def test_the_failure_of_a_job_is_raised_where_its_result_is_asked_for(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    job = await queue.enqueue(jobs.fail, "said so")
    await work_off(naq_config)
    with pytest.raises(JobFailed, match="said so") as caught:
        await queue.result(job)
    assert "in fail" in caught.value.traceback


@on_loop
async def test_a_job_that_takes_too_long_is_ended(naq_config: Config) -> None:
    queue = Queue("mail", naq_config).options(timeout=0.05)
    job = await queue.enqueue(jobs.sleep, 60.0)
    await work_off(naq_config)
    with pytest.raises(JobFailed, match=r"(?i)time"):
        await queue.result(job)


@on_loop
async def test_a_job_waits_for_the_jobs_that_it_depends_on(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    first = queue.job(jobs.add, 1, 2)
    second = await queue.options(depends_on=first).enqueue(jobs.add, 3, 4)
    await queue.enqueue(first)
    await work_off(naq_config)
    assert await queue.result(first) == 3
    assert await queue.result(second, timeout=30) == 7
