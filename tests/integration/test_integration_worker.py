"""Workers, queues and a server together: jobs are worked off while they come, by one worker or by two."""

from __future__ import annotations

import asyncio

from naq.config import Config
from naq.events.subscriber import EventSubscriber
from naq.queue.core import Queue
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from support.leftovers import no_connection


@on_loop
async def test_a_worker_takes_jobs_while_they_come(naq_config: Config) -> None:
    queue, worker = Queue("mail", naq_config), Worker("mail", naq_config)
    running = asyncio.create_task(worker.run(handle_signals=False))
    for number in range(10):
        job = await queue.enqueue(jobs.add_later, number, 1)
        assert await queue.result(job, timeout=30) == number + 1
    worker.stop()
    counts = await running
    assert (counts.succeeded, counts.failed, await queue.depth()) == (10, 0, 0)


@on_loop
async def test_two_workers_share_a_queue_and_no_job_runs_twice(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    keys = [f"shared-{number}" for number in range(40)]
    for key in keys:
        await queue.enqueue(jobs.count, key)
    workers = [Worker("mail", naq_config, burst=True) for _ in range(2)]
    await asyncio.gather(*(worker.run(handle_signals=False) for worker in workers))
    assert [jobs.runs[key] for key in keys] == [1] * 40
    assert sum(worker.counts.succeeded for worker in workers) == 40


@on_loop
async def test_the_status_of_a_worker_is_seen_while_it_runs(naq_config: Config) -> None:
    worker, status = Worker(["mail", "images"], naq_config), Status(naq_config)
    running = asyncio.create_task(worker.run(handle_signals=False))
    (seen,) = await until(status.workers)
    assert (seen.worker_id, sorted(seen.queues)) == (worker.worker_id, ["images", "mail"])
    worker.stop()
    await running
    assert await status.workers() == []


@on_loop
async def test_a_failed_job_is_put_back_and_then_succeeds(naq_config: Config) -> None:
    queue, failed = Queue("mail", naq_config), FailedJobs(naq_config)
    job = await queue.enqueue(jobs.fail_at_first, "put back", 1)
    await Worker("mail", naq_config, burst=True).run(handle_signals=False)
    (kept,) = await failed.list()
    assert kept.details.job_id == job.id
    await failed.requeue(kept.sequence)
    await Worker("mail", naq_config, burst=True).run(handle_signals=False)
    assert await queue.result(job) == 2
    assert await failed.list() == []


@on_loop
async def test_what_happens_to_a_job_is_published_as_events(naq_config: Config) -> None:
    config = configured(naq_config, events={"enabled": True})
    queue = Queue("mail", config)
    job = await queue.enqueue(jobs.add, 1, 2)
    await Worker("mail", config, burst=True).run(handle_signals=False)
    subscriber, kinds = EventSubscriber("job.>", config, durable="log"), []
    while (event := await subscriber.wait_for(timeout=2)) is not None:
        assert event.data["job_id"] == job.id
        kinds.append(event.type)
    assert kinds == ["job.enqueued", "job.started", "job.completed"]


def test_no_connection_is_left_open(naq_config: Config, nats_server: NatsServer) -> None:
    @on_loop
    async def use() -> None:
        worker = Worker("mail", naq_config)
        running = asyncio.create_task(worker.run(handle_signals=False))
        await Queue("mail", naq_config).enqueue(jobs.nothing)
        await until(lambda: worker.counts.succeeded)
        worker.stop()
        await running

    use()
    assert no_connection(nats_server)
