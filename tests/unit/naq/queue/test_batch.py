"""Batches: a verdict for each job, or with `atomic` all jobs or none."""

from __future__ import annotations

import asyncio

import pytest

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import ConnectFailed, EnqueueFailed, InvalidJob, PayloadTooLarge, SerializationError
from naq.job import Job
from naq.queue.batch import LARGEST_ATOMIC, enqueue_batch
from naq.queue.core import Queue
from naq_support import jobs
from naq_support.aio import on_loop


def batch_of(count: int, queue: str = "default") -> list[Job]:
    return [Job.create(jobs.add, (number, 1), queue=queue) for number in range(count)]


@pytest.mark.parametrize("atomic", [False, True])
@on_loop
async def test_every_job_is_stored_in_order(naq_config: Config, atomic: bool) -> None:
    batch = batch_of(LARGEST_ATOMIC)
    result = await enqueue_batch(batch, naq_config, atomic=atomic)
    assert result.stored == batch
    assert not result.failed
    result.raise_for_failures()
    queue = Queue(config=naq_config)
    assert await queue.depth() == len(result) == LARGEST_ATOMIC
    assert [await queue.dequeue() for _ in range(3)] == batch[:3]


@pytest.mark.parametrize("atomic", [False, True])
@on_loop
async def test_several_queues_in_one_batch(naq_config: Config, atomic: bool) -> None:
    await enqueue_batch([*batch_of(2, "first"), *batch_of(3, "second")], naq_config, atomic=atomic)
    assert [await Queue(name, naq_config).depth() for name in ("first", "second")] == [2, 3]


@on_loop
async def test_what_is_stored_already_is_told_apart(naq_config: Config) -> None:
    batch = batch_of(4)
    await enqueue_batch(batch[:2], naq_config)
    result = await enqueue_batch(batch, naq_config)
    assert [verdict.duplicate for verdict in result] == [True, True, False, False]
    assert result.stored == batch
    assert await Queue(config=naq_config).depth() == 4


@on_loop
async def test_of_an_atomic_batch_all_is_stored_or_nothing(naq_config: Config) -> None:
    batch = batch_of(4)
    await enqueue_batch(batch[2:3], naq_config)
    with pytest.raises(EnqueueFailed, match=r"and 3 more is not stored, the server refuses it: .*duplicate") as caught:
        await enqueue_batch(batch, naq_config, atomic=True)
    assert caught.value.refused
    assert await Queue(config=naq_config).depth() == 1


@on_loop
async def test_each_refusal_has_its_own_verdict(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        config = (await js.stream_info(queue.stream_name)).config
        await js.update_stream(config.evolve(max_msg_size=1000))
    batch = [*batch_of(2), Job.create(jobs.add, ("x" * 2000,)), *batch_of(1)]
    result = await queue.enqueue_batch(batch)
    assert [verdict.stored for verdict in result] == [True, True, False, True]
    (failed,) = result.failed
    assert failed.error is not None
    assert failed.error.refused
    with pytest.raises(EnqueueFailed, match="message size exceeds"):
        result.raise_for_failures()
    assert await queue.depth() == 3


@pytest.mark.parametrize("atomic", [False, True])
@on_loop
async def test_what_cannot_be_sent_stops_the_batch_before_it_begins(naq_config: Config, atomic: bool) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    good = batch_of(3)
    with pytest.raises(SerializationError, match="type bytearray"):
        await enqueue_batch([*good, Job.create(jobs.add, (bytearray(),))], naq_config, atomic=atomic)
    with pytest.raises(PayloadTooLarge):
        await enqueue_batch([*good, Job.create(jobs.add, ("x" * 1_100_000,))], naq_config, atomic=atomic)
    with pytest.raises(InvalidJob, match="same id"):
        await enqueue_batch([*good, good[0]], naq_config, atomic=atomic)
    with pytest.raises(InvalidJob, match=r"at most 1000 jobs, .* not 1001"):
        await enqueue_batch(batch_of(1001), naq_config, atomic=True)
    assert await queue.depth() == 0


@pytest.mark.parametrize("atomic", [False, True])
@on_loop
async def test_an_empty_batch_is_no_work(naq_config: Config, atomic: bool) -> None:
    assert len(await enqueue_batch([], naq_config, atomic=atomic)) == 0


@on_loop
async def test_no_server_is_an_error_in_words() -> None:
    config = Config.for_servers("nats://127.0.0.1:1")
    config = config.model_copy(update={"nats": config.nats.model_copy(update={"connect_timeout": 0.2})})
    with pytest.raises(ConnectFailed):
        await enqueue_batch(batch_of(2), config)


@on_loop
async def test_a_cancelled_batch_leaves_nothing(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_connection(naq_config) as connection:
        before = len(connection._subs)
    batch = batch_of(2000)
    for ticks in range(0, 60, 5):
        task = asyncio.create_task(enqueue_batch(batch, naq_config))
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait((task,))
    result = await enqueue_batch(batch, naq_config)
    assert not result.failed
    assert await queue.depth() == len(batch)
    async with nats_connection(naq_config) as connection:
        assert len(connection._subs) <= before + 1
