"""Arguments may be secrets: no `repr` and no log line shows them, whatever the outcome of the job."""

from __future__ import annotations

import asyncio
import logging

import pytest

from naq.config import Config
from naq.errors import DeserializationError, InvalidJob
from naq.job import Job, JobOptions
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.records import JobResult
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.settlement import Returned
from naq_support import jobs
from naq_support.aio import configured, on_loop, until

SECRET = "hunter2-secret"


def test_a_jobs_repr_counts_its_arguments() -> None:
    job = Job.create(jobs.add, (SECRET,), {"b": SECRET}, job_id="x", queue="mail")
    assert repr(job) == "Job(id='x', function='naq_support.jobs:add', queue='mail', arguments=2)"
    assert str(job) == f"{job}" == repr(job)
    tried = Job.create(jobs.add, job_id="x", options=JobOptions(max_retries=1))
    assert "arguments=0, options=JobOptions(max_retries=1" in repr(tried)


@pytest.mark.parametrize("values", [{"args": SECRET}, {"kwargs": SECRET}])
def test_arguments_of_a_wrong_type_are_not_repeated(values: dict[str, object]) -> None:
    with pytest.raises(InvalidJob) as caught:
        Job(id="x", function="a:b", **values)  # type: ignore[arg-type]
    assert SECRET not in str(caught.value)
    with pytest.raises(DeserializationError) as unread:
        Job.deserialize(b'{"id":"x","function":"a:b","queue":"q","enqueued_at":0,"call":["%s",1]}' % SECRET.encode())
    assert SECRET not in str(unread.value)


def test_results_are_not_shown_either() -> None:
    assert SECRET not in repr(Returned(SECRET.encode()))
    assert SECRET not in repr(JobResult(job_id="x", state="done", pickled=SECRET.encode()))


@on_loop
async def test_no_log_line_shows_an_argument(naq_config: Config, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    config = configured(naq_config, worker={"import_delay": 0.05, "shutdown_timeout": 0.1})
    queue = Queue(config=config).options(max_retries=1, retry_delay=0.01, timeout=0.2)
    stuck = ScheduledQueue("other", config)
    kept = [
        await queue.enqueue("naq_support.jobs:add", SECRET, SECRET),
        await queue.enqueue("naq_support.jobs:nothing", SECRET),
        await queue.enqueue("naq_nowhere:function", SECRET),
        await queue.enqueue("os:system", SECRET),
        await queue.enqueue("naq_support.jobs:refuse_to_end", 0.5, seconds=SECRET),
    ]
    await enqueue_batch([queue.job("naq_support.jobs:add", SECRET, 1)], config)
    schedule = await stuck.schedule("naq_support.jobs:add", SECRET, SECRET, every=3600)
    worker = Worker("default", config)
    task = asyncio.create_task(worker.run())
    failed = FailedJobs(config)

    async def all_failed() -> bool:
        return await failed.count() >= 4

    await until(all_failed)
    worker.stop()
    await task
    found = await failed.list()
    shown = [repr(found), repr(kept), repr(schedule), caplog.text]
    assert all(SECRET not in text for text in shown)
    assert kept[3].id in caplog.text
    assert any(SECRET.encode() in one.payload for one in found)
