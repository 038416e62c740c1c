"""A running worker whose consumers are deleted, whose jobs the server no longer delivers, whose answers are lost."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import DeserializationError, InvalidJob
from naq.job import Job
from naq.queue.core import Queue
from naq.queue.fetch import pull_one
from naq.queue.streams import (
    ADVISORY_CONSUMER,
    advisory_subject,
    ensure_advisory_consumer,
    ensure_consumer,
    ensure_jobs,
    jobs_consumer,
    jobs_stream,
    names,
)
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@pytest.mark.parametrize("what", ["consumer", "stream"])
@on_loop
async def test_a_consumer_that_vanishes_is_made_anew(naq_config: Config, what: str) -> None:
    queue = Queue(config=naq_config)
    worker = Worker(config=naq_config)
    task = asyncio.create_task(worker.run())
    assert await queue.result(await queue.enqueue(jobs.add, 1, 1), timeout=20) == 2
    async with nats_jetstream(naq_config) as (_, js):
        if what == "consumer":
            await js.delete_consumer(queue.stream_name, queue.consumer_name)
        else:
            await js.delete_stream(queue.stream_name)
    assert await queue.result(await queue.enqueue(jobs.add, 2, 2), timeout=20) == 4
    worker.stop()
    await task


@on_loop
async def test_a_job_that_the_server_gives_up_goes_to_the_failed_store(naq_config: Config) -> None:
    config = configured(naq_config, worker={"max_deliver": 2, "ack_wait": 0.2})
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.add, 1, 1)
    # Taken twice and never settled, as by workers that die. No worker receives the advisory.
    for _ in range(2):
        async with nats_jetstream(config) as (connection, js):
            assert await pull_one(connection, js, config, "default", 2) is not None
    async with nats_jetstream(config) as (connection, js):
        assert await pull_one(connection, js, config, "default", 1) is None
    assert await queue.depth() == 1
    worker = Worker(config=config)
    task = asyncio.create_task(worker.run())
    (failed,) = await until(FailedJobs(config).list)
    assert (failed.details.kind, failed.details.job_id, failed.details.deliveries) == ("undelivered", job.id, 2)
    assert failed.job(config) == job

    async def empty() -> bool:
        return await queue.depth() == 0

    await until(empty)
    worker.stop()
    await task


@on_loop
async def test_an_outcome_that_is_stored_is_not_run_for_again(naq_config: Config) -> None:
    """As when a worker dies between the result and the acknowledgement."""
    config = configured(naq_config, worker={"ack_wait": 0.3})
    queue = Queue(config=config)
    job = await queue.enqueue(jobs.count, "stored before")
    async with nats_jetstream(config) as (connection, js):
        msg = await pull_one(connection, js, config, "default", 2)
        assert msg is not None
        # The acknowledgement goes to a subject to which the server does not subscribe.
        parts = msg.reply.split(".")
        msg.reply = ".".join([*parts[:3], "nobodys-consumer", *parts[4:]])
        answering = await connection.subscribe(msg.reply, cb=_answer)
        await Worker(config=config).process_message(msg)
        await answering.unsubscribe()
    assert await queue.depth() == 1
    counts = await Worker(config=config, burst=True).run()
    assert counts.succeeded == 0
    assert await queue.depth() == 0
    assert await queue.result(job) == 1
    assert jobs.runs["stored before"] == 1


async def _answer(msg: Msg) -> None:
    await msg.respond(b"")


@on_loop
async def test_more_than_one_worker_share_a_queue(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    jobs.runs.clear()
    for number in range(60):
        await queue.enqueue(jobs.count, f"shared{number}")
    workers = [Worker(config=naq_config, burst=True) for _ in range(3)]
    counts = await asyncio.gather(*(worker.run(handle_signals=False) for worker in workers))
    assert sum(one.succeeded for one in counts) == 60
    assert set(jobs.runs.values()) == {1}


@on_loop
async def test_one_message_by_hand(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    worker = Worker(config=naq_config)
    good, bad = await queue.enqueue(jobs.add, 1, 2), await queue.enqueue(jobs.fail, "by hand")
    async with nats_jetstream(naq_config) as (connection, js):
        for error in (None, "by hand"):
            msg = await pull_one(connection, js, naq_config, "default", 2)
            assert msg is not None
            if error is None:
                await worker.process_message(msg)
            else:
                with pytest.raises(ValueError, match=error):
                    await worker.process_message(msg)
    assert await queue.result(good) == 3
    assert await queue.depth() == 0
    assert (await FailedJobs(naq_config).list())[0].details.job_id == bad.id


@on_loop
async def test_one_job_without_a_message(naq_config: Config) -> None:
    worker, queue = Worker(config=naq_config), Queue(config=naq_config)
    job = Job.create(jobs.add, (1, 2))
    assert await worker.process_job(job.serialize()) == 3
    assert await queue.result(job) == 3
    with pytest.raises(ValueError, match="alone"):
        await worker.process_job(Job.create(jobs.fail, ("alone",)).serialize())
    with pytest.raises(InvalidJob, match="cannot be imported"):
        await worker.process_job(Job.create("naq_nowhere:function").serialize())
    with pytest.raises(DeserializationError):
        await worker.process_job(b"")


@on_loop
async def test_a_stream_of_an_older_version_is_brought_up_to_date(naq_config: Config) -> None:
    where = names(naq_config)
    async with nats_jetstream(naq_config) as (connection, js):
        wanted = jobs_stream(naq_config, connection)
        older = wanted.evolve(subjects=where.job_subjects[:1], allow_msg_schedules=None, allow_atomic=None)
        await js.add_stream(older.evolve(max_msgs=5_000))
        await ensure_jobs(connection, js, naq_config)
        found = (await js.stream_info(where.jobs)).config
        assert set(found.subjects or []) == set(wanted.subjects or [])
        assert (found.allow_msg_schedules, found.allow_atomic) == (True, True)
        # Settings of an administrator stay.
        assert found.max_msgs == 5_000


@on_loop
async def test_a_consumer_takes_on_changed_settings(naq_config: Config) -> None:
    await Queue(config=naq_config).setup()
    changed = configured(naq_config, worker={"ack_wait": 7.0})
    async with nats_jetstream(changed) as (_, js):
        await ensure_consumer(js, changed, "default")
        info = await js.consumer_info(names(changed).jobs, names(changed).consumer("default"))
    assert info.config.ack_wait == 7.0 == jobs_consumer(changed, "default").ack_wait


@on_loop
async def test_a_worker_leaves_nothing_on_the_shared_connection(naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.enqueue(jobs.add, 1, 1)
    await Worker(config=naq_config, burst=True).run()
    async with nats_connection(naq_config) as connection:
        before = set(connection._subs)
    files = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        await queue.enqueue(jobs.add, 1, 1)
        await Worker(config=naq_config, burst=True).run()
    async with nats_connection(naq_config) as connection:
        assert set(connection._subs) == before
    assert len(os.listdir("/proc/self/fd")) == files


@on_loop
async def test_a_failure_that_cannot_be_stored_is_given_back_never_acknowledged(naq_config: Config) -> None:
    config = configured(naq_config, queue={"retry_delay": 0.05})
    queue = Queue(config=config)
    await queue.setup()
    async with nats_jetstream(config) as (_, js):
        failed_stream = (await js.stream_info(names(config).failed)).config
        await js.update_stream(failed_stream.evolve(max_msg_size=10))
    jobs.runs.clear()
    job = await queue.enqueue(jobs.fail_at_first, "not stored", 1_000)
    worker = Worker(config=config)
    task = asyncio.create_task(worker.run())
    await until(lambda: jobs.runs.get("not stored", 0) >= 3)
    assert await queue.depth() == 1
    assert await FailedJobs(config).count() == 0
    async with nats_jetstream(config) as (_, js):
        await js.update_stream(failed_stream)
    (failed,) = await until(FailedJobs(config).list)
    assert failed.details.job_id == job.id

    async def empty() -> bool:
        return await queue.depth() == 0

    await until(empty)
    worker.stop()
    await task


@on_loop
@pytest.mark.parametrize("number", [-1, 0, 7, 2**64, "1"])
async def test_an_advisory_about_no_message_is_dropped(naq_config: Config, number: object) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    subject = advisory_subject(queue.stream_name).replace("*", "default-workers")
    async with nats_jetstream(naq_config) as (_, js):
        await ensure_advisory_consumer(js, naq_config)
        await js.publish(subject, json.dumps({"stream_seq": number, "deliveries": 1}).encode())
    worker = Worker(config=naq_config)
    task = asyncio.create_task(worker.run())

    async def dropped() -> bool:
        async with nats_jetstream(naq_config) as (_, js):
            info = await js.consumer_info(queue.stream_name, ADVISORY_CONSUMER)
        return info.delivered is not None and info.delivered.consumer_seq > 0 and not info.num_ack_pending

    await until(dropped)
    worker.stop()
    await task
