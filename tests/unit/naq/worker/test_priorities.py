"""Jobs with a priority, against a real server: which runs first, and what knows of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import msgspec
import pytest
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from naq.config import Config, NatsConfig
from naq.connection import nats_jetstream
from naq.errors import InvalidJob
from naq.job import Job
from naq.metrics.reading import Reader
from naq.option_values import PRIORITIES, Priority
from naq.queue.core import Queue
from naq.queue.listing import list_jobs, next_message
from naq.queue.priorities import ensure_priorities
from naq.queue.purging import delete_jobs, find_jobs
from naq.queue.scheduled import ScheduledQueue
from naq.queue.streams import ensure_stream, jobs_stream, names
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


async def enqueue(queue: Queue, folder: str, **counts: int) -> None:
    """Put jobs on a queue that note their priority when they run."""
    for level, count in counts.items():
        chosen = queue.options(priority=level)  # type: ignore[arg-type]
        await queue.enqueue_batch([chosen.job(jobs.remember, folder, level) for _ in range(count)])


@on_loop
async def test_a_high_job_is_run_before_waiting_ones_and_low_ones_are_not_starved(naq_config: Config) -> None:
    jobs.remembered.clear()
    queue = Queue(config=naq_config)
    await enqueue(queue, "order", low=3, normal=4, high=16)
    assert await queue.depth() == 23
    assert (await queue.peek() or queue.job("x:y")).options.priority == "high"
    await Worker(config=naq_config, concurrency=1, burst=True).run()
    order = jobs.remembered["order"]
    assert order[:9] == ["high"] * 9
    assert set(order[9:12]) == {"low", "normal", "high"}
    assert order[-4:].count("high") == 0
    assert sorted(order) == sorted(["high"] * 16 + ["normal"] * 4 + ["low"] * 3)
    assert await queue.depth() == 0


@on_loop
async def test_a_running_worker_notices_the_first_job_with_a_priority(naq_config: Config) -> None:
    jobs.remembered.clear()
    queue, gate = Queue(config=naq_config), jobs.gate("busy")
    worker = Worker(config=naq_config, concurrency=1)
    task = asyncio.create_task(worker.run())
    await queue.enqueue(jobs.pass_gate, "busy")
    await until(lambda: worker.status().running)
    async with nats_jetstream(naq_config) as (_, js):
        # No further consumer for a queue without priorities.
        for level in ("high", "low"):
            with pytest.raises(NotFoundError):
                await js.consumer_info(names(naq_config).jobs, names(naq_config).consumer("default", level))
    await enqueue(queue, "noticed", normal=1, low=1, high=2)
    await asyncio.sleep(0.3)
    gate.set()
    await until(lambda: len(jobs.remembered.get("noticed", [])) == 4)
    worker.stop()
    await task
    # The first may have been requested before the worker knew of priorities.
    assert jobs.remembered["noticed"].index("high") <= 1
    assert jobs.remembered["noticed"][-1] == "low"


@on_loop
async def test_many_slots_run_all_and_wait_for_none(naq_config: Config) -> None:
    queue = Queue("many", naq_config)
    every = [queue.options(priority=PRIORITIES[number % 3]).job(jobs.add, number, 1) for number in range(300)]
    await queue.enqueue_batch(every)
    counts = await Worker(["many", "default"], naq_config, burst=True).run()
    assert (counts.succeeded, counts.failed, counts.retried) == (300, 0, 0)


@on_loop
async def test_retries_delays_schedules_and_requeue_keep_the_priority(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(priority="low", max_retries=1, retry_delay=0.01)
    subject = names(naq_config).queue("default", "low")
    job = await queue.enqueue(jobs.fail_at_first, "kept", 1)
    lost = await queue.enqueue(jobs.fail)
    await ScheduledQueue(config=naq_config, options=queue.job("x:y").options).enqueue_in(0.1, jobs.add, 1, 1)
    jobs.runs.pop("kept", None)
    await until(lambda: _on_subject(naq_config, subject, 3))
    counts = await Worker(config=naq_config, burst=True).run()
    assert await queue.result(job) == 2
    assert (counts.succeeded, counts.failed, counts.retried) == (2, 1, 2)
    await FailedJobs(naq_config).requeue_all()
    assert await _on_subject(naq_config, subject, 1)
    again = await Queue(config=naq_config).dequeue()
    assert (again.id, again.options.priority) == (lost.id, "low") if again else False


async def _on_subject(config: Config, subject: str, count: int) -> bool:
    async with nats_jetstream(config) as (_, js):
        info = await js.stream_info(names(config).jobs, subjects_filter=subject)
    return (info.state.subjects or {}).get(subject) == count


@on_loop
async def test_by_hand_the_highest_priority_comes_first(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.add, 0, 0)
    assert (await queue.dequeue() or queue.job("x:y")).args == (0, 0)
    for level in ("low", "normal", "high"):
        await queue.options(priority=level).enqueue(jobs.give_back, level)  # type: ignore[arg-type]
    async with queue.receive() as first:
        assert first is not None
        assert first.args == ("high",)
    assert [(await queue.dequeue() or first).args[0] for _ in range(2)] == ["normal", "low"]
    waiting = asyncio.create_task(queue.dequeue(timeout=20))
    await queue.options(priority="low").enqueue(jobs.give_back, "late")
    assert (await waiting or first).args == ("late",)
    await queue.options(priority="high").enqueue(jobs.add, 1, 1)
    await queue.enqueue(jobs.add, 1, 1)
    assert await queue.purge() == 2
    assert await queue.dequeue(timeout=0) is None


@on_loop
async def test_a_job_that_is_taken_and_enqueued_again_is_stored(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    job = await queue.options(priority="high").enqueue(jobs.add, 1, 1)
    await queue.enqueue(job)
    assert await queue.depth() == 1
    async with queue.receive() as taken:
        assert taken == job
        await queue.enqueue(job)
    assert await queue.depth() == 1


@on_loop
async def test_a_stream_of_an_older_version_is_extended(naq_config: Config) -> None:
    where = names(naq_config)
    async with nats_jetstream(naq_config) as (connection, js):
        old = jobs_stream(naq_config, connection)
        old.subjects = [subject for subject in old.subjects or [] if subject != where.levels("*")]
        await ensure_stream(js, old)
    queue = Queue(config=naq_config)
    scheduled = ScheduledQueue(config=naq_config, options=queue.options(priority="high").job("x:y").options)
    await scheduled.enqueue_in(0.01, jobs.add, 1, 1)
    await queue.options(priority="low").enqueue(jobs.add, 1, 1)
    await until(lambda: _depth(queue, 2))


async def _depth(queue: Queue, count: int) -> bool:
    return await queue.depth() == count


@on_loop
async def test_a_worker_can_make_the_consumers_before_the_first_such_job(naq_config: Config) -> None:
    config = configured(naq_config, worker={"priorities": True})
    await Worker("early", config, burst=True).run()
    async with nats_jetstream(config) as (_, js):
        for level in PRIORITIES:
            await js.consumer_info(names(config).jobs, names(config).consumer("early", level))


@pytest.mark.parametrize("priority", ["urgent", "HIGH", 1, ""])
def test_another_priority_is_refused(naq_config: Config, priority: object) -> None:
    with pytest.raises(InvalidJob, match="priority is 'high', 'normal' or 'low', not"):
        Queue(config=naq_config).options(priority=priority)  # type: ignore[arg-type]


def test_a_job_without_a_priority_has_the_bytes_that_it_had_before() -> None:
    job = Job.create("a:b", queue="q")
    assert "priority" not in json.loads(job.serialize())
    assert "priority" not in json.loads(msgspec.json.encode(job.options))


@on_loop
async def test_listing_metrics_and_purge_know_all_priorities(naq_config: Config) -> None:
    queue = Queue("known", naq_config)
    for level in ("low", "high"):
        await queue.options(priority=level).enqueue(jobs.give_back, level)  # type: ignore[arg-type]
    await queue.enqueue(jobs.add, 1, 1)
    assert [job.priority for job in (await list_jobs(naq_config, "known")).jobs] == ["low", "high", "normal"]
    message = await next_message(naq_config, "known")
    assert message is not None
    assert message.subject.endswith(".high")
    async with nats_jetstream(naq_config) as (_, js):
        await ensure_priorities(js, naq_config, "known")
    async with queue.receive() as taken:
        assert taken is not None
        assert (await next_message(naq_config, "known") or message).subject == queue.subject
        sizes = await asyncio.to_thread(Reader(naq_config, ["known"]).sizes)
        assert sizes is not None
        assert (sizes.queues["known"].waiting, sizes.queues["known"].taken) == (2, 1)
    assert await delete_jobs(naq_config, await find_jobs(naq_config, "known", function="*:give_back")) == 1
    assert await queue.depth() == 1


@on_loop
async def test_a_worker_that_may_not_take_high_jobs_takes_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """The consumer of high jobs may not be pulled, and that of low jobs may not be made."""
    users = (
        "authorization { users = [ {user: admin, password: x}, {user: worker, password: x, permissions: { publish: "
        '{ deny: ["$JS.API.CONSUMER.MSG.NEXT.naq_jobs.pulled-workers-high", "$JS.API.CONSUMER.*.naq_jobs.made-workers-low", '
        '"$JS.API.CONSUMER.CREATE.naq_jobs.made-workers-low.>"] }, subscribe: { deny: "naq.queue.*.*" } }} ] }'
    )
    with NatsServer(ServerOptions(extra=users)) as server:
        admin, config = (
            Config(nats=NatsConfig(servers=(server.url,), user=name, password="x")) for name in ("admin", "worker")
        )
        for name in ("pulled", "made"):
            await Queue(name, admin).options(priority="high").enqueue(jobs.add, 1, 1)
            await Queue(name, admin).setup()
        worker = Worker(["pulled", "made"], config)
        working = asyncio.create_task(worker.run())
        normal = [await Queue(name, admin).enqueue(jobs.add, 1, 2) for name in ("pulled", "made")]
        low = await Queue("pulled", admin).options(priority="low").enqueue(jobs.add, 1, 3)
        assert [await Queue(config=admin).result(job, 30) for job in [*normal, low]] == [3, 3, 4]
        worker.stop()
        await working
        assert [await Queue(name, admin).depth() for name in ("pulled", "made")] == [1, 1]
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR" and "naq" in record.name]
    assert len([text for text in told if "queue pulled: jobs with priority high are not taken" in text]) == 1
    assert len([text for text in told if "NAQ_WORKER__PRIORITIES=true" in text]) == 1


@contextlib.asynccontextmanager
async def by_priority(config: Config) -> AsyncIterator[Worker]:
    """A worker with one slot whose requests of all priorities wait on the server."""
    worker = Worker(config=configured(config, worker={"priorities": True}), concurrency=1)
    working = asyncio.create_task(worker.run())
    async with nats_jetstream(config) as (_, js):
        for level in PRIORITIES:
            await until(lambda level=level: _waits(js, config, level))
    yield worker
    worker.stop()
    await working


async def _waits(js: JetStreamContext, config: Config, level: Priority) -> bool:
    try:
        info = await js.consumer_info(names(config).jobs, names(config).consumer("default", level))
    except NotFoundError:
        return False
    return bool(info.num_waiting)


@on_loop
async def test_a_low_job_that_came_while_the_slot_was_busy_does_not_start_before_a_high_one(naq_config: Config) -> None:
    jobs.remembered.clear()
    queue, gate = Queue(config=naq_config), jobs.gate("one slot")
    async with by_priority(naq_config) as worker:
        await queue.options(priority="high").enqueue(jobs.pass_gate, "one slot")
        await until(lambda: worker.status().running)
        # The request for low jobs still waits, so that this one is delivered to the busy worker.
        await enqueue(queue, "slot", low=1)
        await enqueue(queue, "slot", high=1)
        gate.set()
        await until(lambda: len(jobs.remembered.get("slot", [])) == 2)
    assert jobs.remembered["slot"] == ["high", "low"]


@on_loop
async def test_an_idle_worker_asks_for_each_priority_once(naq_config: Config) -> None:
    asked: list[str] = []

    async def on_request(msg: Msg) -> None:
        asked.append(msg.subject)

    async with by_priority(naq_config), nats_jetstream(naq_config) as (connection, _):
        await connection.subscribe("$JS.API.CONSUMER.MSG.NEXT.>", cb=on_request)
        await connection.flush()
        await asyncio.sleep(1.2)
    assert [subject for subject in asked if "advisories" not in subject] == []
