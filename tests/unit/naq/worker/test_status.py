"""The status of workers and the states of jobs."""

from __future__ import annotations

import asyncio
import signal
from contextlib import aclosing

import pytest
from nats.js.errors import NoKeysError
from nats.js.kv import KeyValue

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import InvalidJob, InvalidName
from naq.queue.core import Queue
from naq.queue.streams import ensure_buckets, names
from naq.worker.core import Worker
from naq.worker.heartbeat import Heartbeat
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from naq_support.processes import WorkerProcess


@on_loop
async def test_nobody_works_in_an_empty_installation(naq_config: Config) -> None:
    status = Status(naq_config)
    assert await status.workers() == []
    assert await status.worker("unknown") is None
    assert await status.job("nothing") is None
    for ask in (status.job, status.worker):
        for pattern in ("a b", "*", ">"):
            with pytest.raises(InvalidName):
                await ask(pattern)


@on_loop
async def test_a_worker_is_listed_while_it_works(naq_config: Config) -> None:
    status = Status(naq_config)
    gate = jobs.gate("listed")
    await Queue("mail", naq_config).enqueue(jobs.pass_gate, "listed")
    worker = Worker(["mail", "images"], configured(naq_config, worker={"heartbeat_interval": 0.05}), 3, name="mine")
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running)

    async def seen() -> bool:
        one = await status.worker("mine")
        return one is not None and one.running == 1

    await until(seen)
    (listed,) = await status.workers("mail")
    assert (listed.worker_id, listed.queues, listed.concurrency) == ("mine", ("mail", "images"), 3)
    assert await status.workers("other") == []
    gate.set()
    worker.stop()
    await task
    assert await status.workers() == []


@on_loop
async def test_a_lone_worker_is_always_seen(naq_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """nats-py's `keys()` misses the only key of a bucket in every third call on some machines; here in each call."""

    async def overlook(*_: object, **__: object) -> None:
        raise NoKeysError

    monkeypatch.setattr(KeyValue, "keys", overlook)
    config = configured(naq_config, worker={"heartbeat_interval": 60})
    worker = Worker(config=config, name="lone")
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.status().running == 0)
    status = Status(config)
    await until(status.workers)
    seen = [[one.worker_id for one in await status.workers()] for _ in range(50)]
    assert seen == [["lone"]] * 50
    for _ in range(10):
        async with asyncio.timeout(5), aclosing(status.watch_workers()) as watching:
            assert (await anext(watching)).worker_id == "lone"
    worker.stop()
    await task


@on_loop
async def test_a_worker_that_died_disappears_by_itself(naq_config: Config) -> None:
    config = configured(naq_config, worker={"heartbeat_ttl": 1.0})
    status = Status(config)
    with WorkerProcess(config) as worker:
        await until(status.workers)
        await asyncio.to_thread(worker.signal, signal.SIGKILL)
    assert len(await status.workers()) == 1

    async def gone() -> bool:
        return not await status.workers()

    await until(gone)


@on_loop
async def test_heartbeats_can_be_watched(naq_config: Config) -> None:
    config = configured(naq_config, worker={"heartbeat_interval": 0.05})
    worker = Worker(config=config, name="watched")
    task = asyncio.create_task(worker.run())
    beats = []
    async with asyncio.timeout(20), aclosing(Status(config).watch_workers()) as watching:
        async for beat in watching:
            beats.append(beat)
            if len(beats) == 3:
                break
    assert {beat.worker_id for beat in beats} == {"watched"}
    worker.stop()
    await task


@on_loop
async def test_a_job_is_watched_to_its_end(naq_config: Config) -> None:
    queue = Queue(config=naq_config).options(max_retries=1, retry_delay=0.05)
    job = queue.job(jobs.fail_at_first, "watched", 1)
    status = Status(naq_config)
    states: list[str] = []

    async def watch() -> None:
        async with aclosing(status.watch_job(job.id)) as watching:
            states.extend([state.state async for state in watching])

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.1)
    await queue.enqueue(job)
    await Worker(config=naq_config, burst=True).run()
    async with asyncio.timeout(20):
        await watching
    assert states == ["running", "retrying", "running", "done"]
    final = await status.job(job.id)
    assert final is not None
    assert (final.failures, final.function, final.queue) == (1, job.function, "default")


@on_loop
async def test_states_can_be_written_by_hand(naq_config: Config) -> None:
    worker = Worker(config=naq_config, name="hand")
    await worker.update_job_status("job1", "running")
    state = await Status(naq_config).job("job1")
    assert state is not None
    assert (state.state, state.worker) == ("running", "hand")
    with pytest.raises(InvalidJob, match="'lost': expected one of cancelled, done, failed"):
        await worker.update_job_status("job1", "lost")  # type: ignore[arg-type]


@on_loop
async def test_records_that_cannot_be_read_are_left_out(naq_config: Config, caplog: pytest.LogCaptureFixture) -> None:
    where, status = names(naq_config), Status(naq_config)
    job = await Queue(config=naq_config).enqueue(jobs.add, 1, 1)
    async with nats_jetstream(naq_config) as (_, js):
        await ensure_buckets(js, naq_config)
        await js.publish(where.key(where.workers, "foreign"), b"{}")
        assert await status.workers() == []
        assert await status.worker("foreign") is None
        await js.publish(where.key(where.states, job.id), b"?")
        assert await status.job(job.id) is None
        async with aclosing(status.watch_job(job.id)) as states:
            changing = asyncio.ensure_future(anext(states))
            await Worker(config=naq_config, burst=True).run()
            async with asyncio.timeout(10):
                assert (await changing).job_id == job.id
    assert f"the state of job {job.id} cannot be decoded" in caplog.text


@on_loop
async def test_a_refused_heartbeat_is_logged(naq_config: Config, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "naq")
    async with nats_jetstream(naq_config) as (connection, js):
        await ensure_buckets(js, naq_config)
        info = await js.stream_info(f"KV_{names(naq_config).workers}")
        await js.update_stream(info.config.evolve(max_bytes=1))
        await Heartbeat(connection, naq_config, Worker(config=naq_config).status).beat()
    assert "the heartbeat is not written: maximum bytes exceeded" in caplog.text
