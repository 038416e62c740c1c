"""The ack wait belongs to the consumer that all workers of a queue share, and applies to each of them."""

from __future__ import annotations

import asyncio

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.queue.core import Queue
from naq.queue.streams import ack_wait_of
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@pytest.mark.parametrize(("first", "second", "agreed"), [(30.0, 1.0, 30.0), (1.0, 30.0, 30.0)])
@on_loop
async def test_a_worker_with_another_ack_wait_takes_no_jobs_from_the_first(
    naq_config: Config, first: float, second: float, agreed: float
) -> None:
    one, other = (configured(naq_config, worker={"ack_wait": wait}) for wait in (first, second))
    queue = Queue(config=one)
    jobs.runs.clear()
    workers = [Worker(config=one, name="first"), Worker(config=other, name="second")]
    job = await queue.enqueue(jobs.count_slowly, "healthy", 4.0)
    tasks = [asyncio.create_task(workers[0].run(handle_signals=False))]
    await until(lambda: workers[0].status().running)
    tasks.append(asyncio.create_task(workers[1].run(handle_signals=False)))
    assert await queue.result(job, timeout=60) == 1
    await asyncio.sleep(0.5)
    assert jobs.runs == {"healthy": 1}
    async with nats_jetstream(one) as (_, js):
        assert await ack_wait_of(js, one, "default") == agreed
    for worker in workers:
        worker.stop()
    await asyncio.gather(*tasks)


@on_loop
async def test_a_worker_keeps_the_pace_of_the_consumer(naq_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """The consumer is changed while the worker runs, as with `nats consumer edit`."""
    monkeypatch.setattr("naq.worker.keep_alive.ACK_WAIT_LOOK", 0.1)
    queue = Queue(config=naq_config)
    await queue.setup()
    jobs.runs.clear()
    worker = Worker(config=naq_config)
    task = asyncio.create_task(worker.run())
    await until(lambda: worker._session is not None and worker._session._intake.ack_wait == 30.0)
    async with nats_jetstream(naq_config) as (_, js):
        found = (await js.consumer_info(queue.stream_name, queue.consumer_name)).config
        await js.add_consumer(queue.stream_name, found.evolve(ack_wait=1.0))
    await asyncio.sleep(0.5)
    job = await queue.enqueue(jobs.count_slowly, "paced", 3.0)
    assert await queue.result(job, timeout=60) == 1
    assert jobs.runs == {"paced": 1}
    worker.stop()
    await task


@on_loop
async def test_a_job_received_by_hand_is_kept_at_the_pace_of_the_consumer(naq_config: Config) -> None:
    shorter = configured(naq_config, worker={"ack_wait": 1.0})
    await Queue(config=shorter).setup()
    queue = Queue(config=naq_config)
    job = await queue.enqueue(jobs.add, 1, 1)
    async with queue.receive(timeout=5) as received:
        assert received == job
        await asyncio.sleep(3.0)
        assert await queue.dequeue(timeout=0) is None
    assert await queue.depth() == 0


@on_loop
async def test_without_others_a_shorter_ack_wait_is_taken_on(naq_config: Config) -> None:
    await Queue(config=naq_config).setup()
    shorter = configured(naq_config, worker={"ack_wait": 2.0})
    await Worker(config=shorter, burst=True).run()
    async with nats_jetstream(shorter) as (_, js):
        assert await ack_wait_of(js, naq_config, "default") == 2.0
