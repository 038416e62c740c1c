"""Streams and buckets that are deleted or refuse writes while a worker runs: no job is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from naq.config import Config
from naq.connection import nats_jetstream
from naq.errors import InvalidJob, JobFailed
from naq.job import job_options
from naq.queue.core import Queue
from naq.queue.streams import names
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until


@asynccontextmanager
async def working(config: Config) -> AsyncIterator[Worker]:
    """A worker that works while the block runs."""
    worker = Worker(config=config)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await task


@pytest.mark.parametrize("bucket", ["results", "states"])
@on_loop
async def test_a_bucket_that_vanishes_is_made_anew(naq_config: Config, bucket: str) -> None:
    queue = Queue(config=naq_config)
    stream = f"KV_{getattr(names(naq_config), bucket)}"
    async with working(naq_config):
        assert await queue.result(await queue.enqueue(jobs.add, 1, 1), timeout=20) == 2
        async with nats_jetstream(naq_config) as (_, js):
            await js.delete_stream(stream)
            assert await queue.result(await queue.enqueue(jobs.add, 2, 2), timeout=20) == 4
            # For a job whose result is not kept, only the state tells that it is done.
            unkept = await queue.options(result_ttl=0).enqueue(jobs.nothing)
            await until(lambda: _final(naq_config, unkept.id))
            assert (await js.stream_info(stream)).config.allow_msg_ttl


@on_loop
async def test_a_bucket_of_heartbeats_that_vanishes_is_made_anew(naq_config: Config) -> None:
    config = configured(naq_config, worker={"heartbeat_interval": 0.1})
    async with working(config) as worker:

        async def seen() -> bool:
            return await Status(config).worker(worker.worker_id) is not None

        await until(seen)
        async with nats_jetstream(config) as (_, js):
            await js.delete_stream(f"KV_{names(config).workers}")
        assert not await seen()
        await until(seen)


async def _final(config: Config, job_id: str) -> bool:
    state = await Status(config).job(job_id)
    return state is not None and state.state == "done"


@on_loop
async def test_a_server_that_comes_back_empty_is_set_up_again() -> None:
    """The server restarts with an empty store, like a container without a volume."""
    with NatsServer() as server:
        config = configured(
            server.config, queue={"storage": "memory"}, worker={"heartbeat_interval": 0.2}, events={"enabled": True}
        )
        queue = Queue(config=config)
        async with working(config) as worker:
            assert await queue.result(await queue.enqueue(jobs.add, 1, 1), timeout=20) == 2
            await asyncio.to_thread(server.restart)
            assert await queue.result(await queue.enqueue(jobs.add, 2, 2), timeout=30) == 4
            failing = await queue.enqueue(jobs.fail)
            await until(FailedJobs(config).count)
            with pytest.raises(JobFailed, match="on purpose"):
                await queue.result(failing)
            (status,) = await until(Status(config).workers)
            assert status.worker_id == worker.worker_id
            expected = {f"naq.events.job.{kind}" for kind in ("completed", "failed")}
            async with nats_jetstream(config) as (_, js):

                async def kept() -> bool:
                    info = await js.stream_info(names(config).events, subjects_filter=">")
                    return expected <= set(info.state.subjects or {})

                # An event is published after the result that it tells of, without waiting for the server.
                await until(kept)


@on_loop
async def test_a_result_that_the_bucket_does_not_take_is_a_failure(naq_config: Config) -> None:
    """The worker checks the limit for a message; the bucket of results may have a lower limit."""
    queue = Queue(config=naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        bucket = (await js.stream_info(f"KV_{names(naq_config).results}")).config
        await js.update_stream(bucket.evolve(max_msg_size=2_000))
    large = await queue.options(max_retries=5).enqueue(jobs.give_bytes, 5_000)
    small = await queue.enqueue(jobs.give_bytes, 5)
    await Worker(config=naq_config, burst=True).run()
    assert await queue.result(small) == "xxxxx"
    (failed,) = await FailedJobs(naq_config).list()
    assert failed.details.job_id == large.id
    assert "the result of job" in failed.details.error
    assert "message size exceeds maximum allowed" in failed.details.error
    with pytest.raises(JobFailed, match="message size exceeds"):
        await queue.result(large)


@on_loop
async def test_a_bucket_of_another_make_is_taught_the_time_to_live(naq_config: Config) -> None:
    queue, stream = Queue(config=naq_config), f"KV_{names(naq_config).results}"
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        bucket = (await js.stream_info(stream)).config
        await js.delete_stream(stream)
        await js.add_stream(bucket.evolve(allow_msg_ttl=False, max_msgs=7_000))
    job = await queue.enqueue(jobs.add, 1, 1)
    await Worker(config=naq_config, burst=True).run()
    assert await queue.result(job) == 2
    async with nats_jetstream(naq_config) as (_, js):
        # Settings of an administrator stay.
        assert (await js.stream_info(stream)).config.max_msgs == 7_000


def test_a_time_to_live_beyond_the_servers_count_is_refused() -> None:
    job_options(result_ttl=100 * 365 * 86_400)
    with pytest.raises(InvalidJob, match="result_ttl is a number of seconds, 0 for no result, at most 100 years"):
        job_options(result_ttl=1e10)


@on_loop
async def test_a_number_that_is_given_anew_is_another_job(naq_config: Config) -> None:
    """Numbers start at 1 again in a new stream: a message with the number of a running job is another job."""
    queue = Queue(config=naq_config)
    async with working(naq_config) as worker:
        await queue.enqueue(jobs.sleep, 3)
        await until(lambda: worker.status().running == 1)
        async with nats_jetstream(naq_config) as (_, js):
            await js.delete_stream(queue.stream_name)
        job = await queue.enqueue(jobs.add, 2, 2)
        assert await queue.result(job, timeout=20) == 4
        await until(lambda: worker.counts.succeeded == 2)
