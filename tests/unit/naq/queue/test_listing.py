"""The jobs of a queue in pages: each state, the order, and how much is read for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import InvalidName, QueueNotFound
from naq.job import Job
from naq.queue.batch import enqueue_batch
from naq.queue.core import Queue
from naq.queue.listing import LISTED_STATES, list_jobs, next_message
from naq.queue.purging import delete_jobs, find_jobs
from naq.queue.scheduled import ScheduledQueue
from naq.queue.stored_messages import MOST_AT_ONCE
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@on_loop
async def test_each_job_is_listed_in_its_state(naq_config: Config) -> None:
    config = configured(naq_config, worker={"prefetch": 0})
    queue, scheduled = Queue(config=config), ScheduledQueue(config=config)
    gate = jobs.gate("listing")
    later = await scheduled.enqueue_in(3600, jobs.add, 1, 2)
    await scheduled.schedule(jobs.add, 1, 2, cron="0 3 * * *", schedule_id="nightly")
    retried = await queue.options(max_retries=5, retry_delay=3600).enqueue(jobs.fail, "no van")
    waiting = await queue.options(depends_on=later).enqueue(jobs.add, 1, 2)
    running = [await queue.enqueue(jobs.pass_gate, "listing") for _ in range(2)]
    queued = await queue.enqueue(jobs.add, 1, 2)
    worker = Worker(config=config, concurrency=2)
    working = asyncio.create_task(worker.run())

    async def found(state: str | None) -> list[str]:
        return [job.id for job in (await list_jobs(config, "default", state=state)).jobs]

    await until(lambda: _holds(found, {"running": 2, "retrying": 1, "waiting": 1}))
    by_state = {state: await found(state) for state in LISTED_STATES}
    assert by_state == {
        "queued": [queued.id],
        "running": [one.id for one in running],
        "waiting": [waiting.id],
        "retrying": [retried.id],
        "scheduled": [later.id, "nightly"],
    }
    page = await list_jobs(config, "default")
    assert [job.number for job in page.jobs] == list(range(1, 8))
    assert [job.id for job in page.jobs] == [
        later.id,
        "nightly",
        retried.id,
        waiting.id,
        *by_state["running"],
        queued.id,
    ]
    assert (page.total, page.more) == (7, False)
    listed = {job.id: job for job in page.jobs}
    assert listed[retried.id].failures == 1
    assert (listed[running[0].id].worker, listed[retried.id].worker) == (worker.worker_id, "")
    assert listed[later.id].due == pytest.approx(later.enqueued_at + 3600, abs=60)
    assert listed[queued.id].enqueued_at == queued.enqueued_at
    # The next job is the one that no worker has taken, not the oldest.
    upcoming = await next_message(config, "default")
    assert upcoming is not None
    assert upcoming.seq == listed[queued.id].number
    gate.set()
    await queue.result(queued, 30)
    worker.stop()
    await working
    assert await next_message(config, "default") is None


async def _holds(found: Callable[[str], Awaitable[list[str]]], counts: dict[str, int]) -> bool:
    return all([len(await found(state)) == count for state, count in counts.items()])


@on_loop
async def test_a_page_of_many_jobs_reads_no_more_than_the_page(naq_config: Config) -> None:
    many = [Job.create(jobs.add, (number, 1), queue=f"q{number % 50}") for number in range(10_000)]
    await enqueue_batch([*many, *(Job.create(jobs.add, (number, 1), queue="q7") for number in range(600))], naq_config)
    async with nats_connection(naq_config) as connection:
        before = connection.stats["in_msgs"]
        page = await list_jobs(naq_config, "q7", limit=20)
        read = connection.stats["in_msgs"] - before
        none = await list_jobs(naq_config, "q7", state="running")
        assert (none.jobs, none.more) == ([], False)
        assert connection.stats["in_msgs"] - before - read < 10
    assert (len(page.jobs), page.total, page.more) == (20, 800, True)
    assert read < 20 + 10
    # The next page begins behind the last number; a page may be longer than one answer of the server.
    rest = await list_jobs(naq_config, "q7", after=page.jobs[-1].number, limit=2 * MOST_AT_ONCE)
    assert (len(rest.jobs), rest.more) == (2 * MOST_AT_ONCE, True)
    last = await list_jobs(naq_config, "q7", after=rest.jobs[-1].number, limit=1000)
    assert (len(last.jobs), last.more) == (800 - 20 - 2 * MOST_AT_ONCE, False)
    numbers = [job.number for job in (*page.jobs, *rest.jobs, *last.jobs)]
    assert numbers == sorted(set(numbers))
    assert {job.id for job in (*page.jobs, *rest.jobs, *last.jobs)} >= {job.id for job in many[7::50]}


@on_loop
async def test_a_message_that_is_not_a_job_is_listed_with_the_reason(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        await js.publish(queue.subject, b"not a job")
    (job,) = (await list_jobs(naq_config, "default")).jobs
    assert (job.id, job.state, job.error[:9]) == ("", "queued", "not a job")


@on_loop
async def test_an_unknown_queue_is_named_with_those_that_exist(naq_config: Config) -> None:
    with pytest.raises(QueueNotFound, match=r"no worker has served it$"):
        await list_jobs(naq_config, "mail")
    for name in ("mail", "images"):
        await Queue(name, naq_config).enqueue(jobs.add, 1, 2)
    with pytest.raises(QueueNotFound, match=r"no queue maill: .*; did you mean mail\?$"):
        await next_message(naq_config, "maill")
    with pytest.raises(QueueNotFound, match=r"queues with jobs: images, mail$"):
        await list_jobs(naq_config, "other")
    with pytest.raises(InvalidName):
        await list_jobs(naq_config, "a b")
    # A queue that was served is known, also when it is empty.
    await Queue("other", naq_config).setup()
    assert (await list_jobs(naq_config, "other")).jobs == []


@on_loop
async def test_jobs_are_found_by_function_and_age_and_deleted(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    added = [await queue.enqueue(jobs.add, 1, 2) for _ in range(2)]
    failing = await queue.enqueue(jobs.fail)
    async with nats_jetstream(naq_config) as (_, js):
        await js.publish(queue.subject, b"not a job")
    assert await find_jobs(naq_config, "default", older_than=3600) == []
    assert await find_jobs(naq_config, "default", older_than=0) == [1, 2, 3, 4]
    assert await find_jobs(naq_config, "default", function="*.jobs:add") == [1, 2]
    assert await find_jobs(naq_config, "default", function="naq_support.jobs:fail") == [3]
    assert await find_jobs(naq_config, "default", function="jobs") == []
    # A number that is deleted meanwhile does not count.
    assert await delete_jobs(naq_config, [1, 2]) == 2
    assert await delete_jobs(naq_config, [1, 3]) == 1
    assert await queue.depth() == 1
    # A deleted job is not a duplicate when it is enqueued again.
    await queue.enqueue(added[0])
    await queue.enqueue(failing)
    assert await queue.depth() == 3
