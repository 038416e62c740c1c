"""A worker settles each message according to what its job did, and reports the state of the job."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from nats.aio.msg import Msg

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import InvalidJob, NotAllowed
from naq.queue.core import Queue
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import on_loop, until
from support.leftovers import no_connection


async def pulled(queue: Queue, stack: AsyncExitStack) -> Msg:
    """Return the next message of a queue, as a program that pulls by hand gets it."""
    await queue.setup()
    _, js = await stack.enter_async_context(nats_jetstream(queue.config))
    subscription = await js.pull_subscribe_bind(queue.consumer_name, queue.stream_name)
    (message,) = await subscription.fetch(1, timeout=5)
    return message


@on_loop
async def test_a_message_whose_job_succeeds_is_acknowledged(naq_config: Config) -> None:
    queue, worker = Queue("mail", naq_config), Worker("mail", naq_config)
    job = await queue.enqueue(jobs.add, 1, b=2)
    async with AsyncExitStack() as stack:
        await worker.process_message(await pulled(queue, stack))
    assert await queue.depth() == 0
    assert await queue.result(job) == 3


@on_loop
async def test_a_message_whose_job_fails_is_given_back(naq_config: Config) -> None:
    queue, worker = Queue("mail", naq_config).options(max_retries=1, retry_delay=0.01), Worker("mail", naq_config)
    job = await queue.enqueue(jobs.fail, "said so")
    async with AsyncExitStack() as stack:
        with pytest.raises(ValueError, match="said so"):
            await worker.process_message(await pulled(queue, stack))
    assert await queue.depth() == 1
    assert await queue.dequeue(timeout=5) == job


@on_loop
async def test_a_job_that_fails_for_good_is_kept(naq_config: Config) -> None:
    queue, worker = Queue("mail", naq_config), Worker("mail", naq_config)
    job = await queue.enqueue(jobs.fail, "said so")
    async with AsyncExitStack() as stack:
        with pytest.raises(ValueError, match="said so"):
            await worker.process_message(await pulled(queue, stack))
    assert await queue.depth() == 0
    (failed,) = await FailedJobs(naq_config).list()
    assert failed.details.job_id == job.id


@on_loop
async def test_a_job_outside_of_a_queue_is_run_and_its_result_stored(naq_config: Config) -> None:
    queue, worker = Queue("mail", naq_config), Worker("mail", naq_config)
    job = queue.job(jobs.add, 1, 2)
    assert await worker.process_job(job.serialize(naq_config.serializer)) == 3
    assert await queue.result(job) == 3
    with pytest.raises(NotAllowed):
        await worker.process_job(queue.job("os:getcwd").serialize(naq_config.serializer))


@on_loop
async def test_the_status_of_a_job_is_read_as_it_was_written(naq_config: Config) -> None:
    worker, status = Worker("mail", naq_config), Status(naq_config)
    job = Queue("mail", naq_config).job(jobs.nothing)
    assert await status.job(job.id) is None
    for state in ("running", "done"):
        await worker.update_job_status(job.id, state)
        found = await status.job(job.id)
        assert found is not None
        assert (found.state, found.queue, found.worker) == (state, "mail", worker.worker_id)
    with pytest.raises(InvalidJob, match="no such state"):
        await worker.update_job_status(job.id, "no such state")  # type: ignore[arg-type]


def test_no_connection_is_left_open(naq_config: Config, nats_server: NatsServer) -> None:
    @on_loop
    async def use() -> None:
        await Queue("mail", naq_config).enqueue(jobs.fail)
        worker = Worker("mail", naq_config, burst=True)
        await worker.run()
        await until(lambda: worker.counts.failed == 1)

    use()
    assert no_connection(nats_server)
