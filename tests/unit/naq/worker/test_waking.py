"""Jobs that wait for others are woken when those have ended, and run once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from naq.config import Config, NatsConfig
from naq.connection import nats_connection
from naq.errors import JobFailed
from naq.queue.core import Queue
from naq.testing import NatsServer, ServerOptions
from naq.worker import settlement, waking
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.waking import Waker
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@pytest.fixture
def no_other_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Config under which a job that is not woken is not redelivered during a test."""
    monkeypatch.setattr(settlement, "FIRST_WAIT", 600.0)
    monkeypatch.setattr(settlement, "LONGEST_WAIT", 600.0)
    monkeypatch.setattr(waking, "LOOK_AGAIN", (0.05, 0.2))


@asynccontextmanager
async def working(config: Config, *queues: str) -> AsyncIterator[Worker]:
    worker = Worker(queues or "default", config)
    task = asyncio.create_task(worker.run(handle_signals=False))
    try:
        yield worker
    finally:
        worker.stop()
        await task


@pytest.mark.usefixtures("no_other_look")
@on_loop
async def test_a_chain_runs_without_a_pause(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    async with working(naq_config):
        last = await queue.enqueue(jobs.sleep, 0.3)
        for _ in range(5):
            last = await queue.options(depends_on=last).enqueue(jobs.sleep, 0.1)
        assert await queue.result(last, timeout=60) == "slept"


@pytest.mark.usefixtures("no_other_look")
# A result that is kept for as long as a state is all that tells the end of a job.
@pytest.mark.parametrize("result_ttl", [0, 60, 86_400])
@on_loop
async def test_many_wait_for_a_job_of_another_queue_and_worker(naq_config: Config, result_ttl: int) -> None:
    first, second = Queue("first", naq_config), Queue("second", naq_config)
    key = naq_config.queue.prefix
    jobs.runs.clear()
    gate = jobs.gate(key)
    async with working(naq_config, "first"), working(naq_config, "second") as worker, working(naq_config, "second"):
        needed = await first.options(result_ttl=result_ttl).enqueue(jobs.pass_gate, key)
        waiting = [
            await second.options(depends_on=needed).enqueue(jobs.count, f"{key}-{number}") for number in range(50)
        ]
        await until(lambda: worker.counts.waited)
        await asyncio.sleep(0.5)
        gate.set()
        assert [await second.result(job, timeout=60) for job in waiting] == [1] * 50
    assert [jobs.runs[f"{key}-{number}"] for number in range(50)] == [1] * 50


@pytest.mark.usefixtures("no_other_look")
@on_loop
async def test_a_worker_that_may_not_subscribe_to_results_looks_again(caplog: pytest.LogCaptureFixture) -> None:
    permissions = '{ subscribe: { deny: "$KV.naq_results.*" } }'
    extra = f"authorization {{ users: [ {{ user: deaf, password: x, permissions: {permissions} }} ] }}"
    with NatsServer(ServerOptions(extra=extra)) as server:
        config = Config(nats=NatsConfig(servers=(server.url,), user="deaf", password="x"))
        queue, gates = Queue(config=config), [jobs.gate("deaf1"), jobs.gate("deaf2")]
        async with working(config) as worker:
            last = first = await queue.enqueue(jobs.pass_gate, "deaf1")
            second = await queue.enqueue(jobs.pass_gate, "deaf2")
            last = await queue.options(depends_on=[first, second]).enqueue(jobs.add, 1, 1)
            for number, gate in enumerate(gates, 1):
                await until(lambda number=number: worker.counts.waited >= number)
                await asyncio.sleep(0.5)
                gate.set()
            await until(lambda: worker.counts.succeeded == 3)
            async with nats_connection(config) as connection:
                assert not [one.subject for one in connection._subs.values() if "_results." in one.subject]
        assert (await Queue(config=config).status(last)).state == "done"
    (warning,) = [record for record in caplog.records if "may be woken late" in record.message]
    assert "permission to subscribe to '$KV.naq_results.*'" in warning.message
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.usefixtures("no_other_look")
@on_loop
async def test_a_failure_wakes_too(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    async with working(naq_config):
        needed = await queue.options(max_retries=1, retry_delay=0.5).enqueue(jobs.fail)
        waiting = await queue.options(depends_on=needed).enqueue(jobs.add, 1, 1)
        with pytest.raises(JobFailed, match=f"job {needed.id}, on which it depends, has failed"):
            await queue.result(waiting, timeout=60)
    assert await FailedJobs(naq_config).count() == 2


@pytest.mark.usefixtures("no_other_look")
@on_loop
async def test_what_ends_between_the_look_and_the_watch_wakes_too(naq_config: Config) -> None:
    ended: list[str] = []

    async def final_state(job_id: str) -> str | None:
        ended.append(job_id)
        return "done"

    queue = Queue(config=configured(naq_config, worker={"ack_wait": 600.0}))
    await queue.setup()
    job = await queue.enqueue(jobs.add, 1, 1)
    async with nats_connection(naq_config) as connection:
        subscription = await connection.jetstream().pull_subscribe_bind(queue.consumer_name, stream=queue.stream_name)
        (msg,) = await subscription.fetch(1)
        await msg.nak(300)
        waker = Waker(connection, naq_config, final_state)
        await waker.watch("needed", msg.reply, 300)
        assert (ended, waker.watched) == (["needed"], 0)
        assert await queue.dequeue(timeout=10) == job


@on_loop
async def test_what_comes_soon_by_itself_is_left_alone(naq_config: Config) -> None:
    """If it was given back again, another worker might have it by then, and the job would run twice."""

    async def final_state(job_id: str) -> str | None:
        return None

    async with nats_connection(naq_config) as connection:
        before = len(connection._subs)
        waker = Waker(connection, naq_config, final_state)
        await waker.watch("needed", "reply", waking.MARGIN)
        assert waker.watched == 0
        await waker.watch("needed", "reply", waking.MARGIN + 0.2)
        await waker.watch("needed", "reply", waking.MARGIN + 0.3)
        assert (waker.watched, len(connection._subs)) == (1, before + 2)
        await until(lambda: (waker.watched, len(connection._subs)) == (0, before))


@on_loop
async def test_a_worker_watches_a_bounded_number_of_jobs(naq_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waking, "MOST_WATCHED", 3)

    async def final_state(job_id: str) -> str | None:
        return None

    async with nats_connection(naq_config) as connection:
        waker = Waker(connection, naq_config, final_state)
        for number in range(10):
            await waker.watch(f"needed-{number}", "reply", 60)
        assert waker.watched == 3
        waker.close()
        assert waker.watched == 0


@on_loop
async def test_nothing_is_left_on_the_connection(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    async with working(naq_config) as worker:
        await until(lambda: worker.status().state == "working")
        last = await queue.enqueue(jobs.sleep, 0.2)
        for _ in range(10):
            last = await queue.options(depends_on=last).enqueue(jobs.add, 1, 1)
        await queue.result(last, timeout=60)
        async with nats_connection(naq_config) as connection:
            buckets = tuple(f"$KV.{naq_config.queue.prefix}_{name}." for name in ("states", "results"))
            await until(lambda: not [one for one in connection._subs.values() if one.subject.startswith(buckets)])


@on_loop
async def test_a_state_that_is_stored_after_the_first_look_wakes_too(naq_config: Config) -> None:
    """The server has received the message before the subscription, and stores it after the state was read."""
    states = iter([None, "failed"])

    async def final_state(_job_id: str) -> str | None:
        return next(states, "failed")

    async with nats_connection(naq_config) as connection:
        given_back = await connection.subscribe("reply.of.a.message")
        waker = Waker(connection, naq_config, final_state)
        await waker.watch("needed", "reply.of.a.message", 60.0)
        assert (await given_back.next_msg(timeout=10)).data == b"-NAK"
        assert waker.watched == 0
        waker.close()


@pytest.mark.usefixtures("no_other_look")
@on_loop
async def test_a_job_that_is_back_before_its_first_handling_has_ended(
    naq_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker still holds the delivery that it has given back, and must not take the next one for the same."""
    watch = Waker.watch

    async def slow_watch(self: Waker, job_id: str, reply: str, delay: float) -> None:
        await watch(self, job_id, reply, delay)
        await asyncio.sleep(0.5)

    monkeypatch.setattr(Waker, "watch", slow_watch)
    queue = Queue(config=naq_config)
    first = queue.job(jobs.add, 1, 2)
    second = await queue.options(depends_on=first).enqueue(jobs.add, 3, 4)
    await queue.enqueue(first)
    async with working(naq_config) as worker:
        assert await queue.result(second, timeout=naq_config.worker.ack_wait / 2) == 7
        await until(lambda: worker.status().running == 0)
        assert worker.counts.succeeded == 2
