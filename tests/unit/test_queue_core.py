"""A queue keeps its promises whether or not its connection is managed: what comes off, what is refused, what is closed."""

from __future__ import annotations

import pytest

from naq.config import Config
from naq.connection import nats_connection, nats_jetstream
from naq.errors import ConnectFailed, InvalidJob
from naq.job import Job
from naq.queue.core import Queue
from naq.testing import NatsServer
from naq_support import jobs
from naq_support.aio import configured, on_loop
from support.leftovers import no_connection


@on_loop
async def test_a_job_is_dequeued_as_it_was_enqueued(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    first = await queue.enqueue(jobs.add, 1, b=2)
    second = await queue.enqueue("naq_support.jobs:nothing")
    assert await queue.depth() == 2
    assert [await queue.dequeue(), await queue.dequeue()] == [first, second]
    assert (first.function, first.args, first.kwargs) == ("naq_support.jobs:add", (1,), {"b": 2})


@on_loop
async def test_an_empty_queue_gives_none(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    assert await queue.dequeue(timeout=0.05) is None
    await queue.setup()
    assert await queue.dequeue(timeout=0.05) is None
    assert await queue.depth() == 0


@on_loop
async def test_what_is_published_is_the_serialized_job(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    job = await queue.enqueue(jobs.add, 1, 2)
    async with nats_jetstream(naq_config) as (_, js):
        stored = await js.get_last_msg(queue.stream_name, queue.subject)
    assert Job.deserialize(stored.data or b"", naq_config.serializer) == job


@on_loop
async def test_operations_share_one_connection(naq_config: Config, nats_server: NatsServer) -> None:
    queue = Queue("mail", naq_config)
    async with nats_connection(naq_config):
        before = len(nats_server.connections())
        for number in range(5):
            await queue.enqueue(jobs.add, number, 0)
            assert await queue.dequeue() is not None
        assert len(nats_server.connections()) == before == 1


def test_no_connection_is_left_open(naq_config: Config, nats_server: NatsServer) -> None:
    @on_loop
    async def use() -> None:
        queue = Queue("mail", naq_config)
        await queue.enqueue(jobs.nothing)
        with pytest.raises(InvalidJob):
            await queue.enqueue(await queue.enqueue(jobs.nothing), "more arguments")
        assert await queue.purge() == 2

    use()
    assert no_connection(nats_server)


@on_loop
async def test_without_a_server_the_error_names_the_address() -> None:
    config = configured(Config.for_servers("nats://127.0.0.1:1"), nats={"connect_timeout": 0.2})
    for operation in (Queue(config=config).enqueue(jobs.nothing), Queue(config=config).dequeue()):
        with pytest.raises(ConnectFailed, match=r"127\.0\.0\.1:1"):
            await operation


def test_the_configuration_is_taken_or_found(naq_config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAQ_QUEUE__PREFIX", "found")
    assert Queue(config=naq_config).config is naq_config
    assert Queue().config.queue.prefix == "found"
