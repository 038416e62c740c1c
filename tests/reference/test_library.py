"""The library's modules beside the by-hand operations that they have taken over, against the same real server.

The library does more (an id against duplicates, streams made on first use, confirmed acknowledgements), so the same
things are compared where both say something: payloads, results, exceptions, settlement, and connections opened.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, RetentionPolicy, StreamConfig

from naq.config import Config
from naq.connection import close_all
from naq.errors import EnqueueFailed, PayloadTooLarge
from naq.events.publisher import EventPublisher
from naq.job import Job, JobOptions
from naq.queue.core import Queue
from naq.testing import NatsServer
from naq.worker.core import Worker
from naq.worker.status import Status
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from reference import byhand
from reference.world import keys_of

pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")


class Opened:
    """Counts the connections that are opened inside the block."""

    def __init__(self, server: NatsServer) -> None:
        self._server = server
        self.count = 0

    async def __aenter__(self) -> Opened:
        self._before = await asyncio.to_thread(self._server.opened_connections)
        return self

    async def __aexit__(self, *_: object) -> None:
        await close_all()
        self.count = await asyncio.to_thread(self._server.opened_connections) - self._before


async def payloads(look: Client, queue: Queue) -> list[bytes]:
    js = look.jetstream()
    state = (await js.stream_info(queue.stream_name)).state
    return [(await js.get_msg(queue.stream_name, seq)).data for seq in range(state.first_seq, state.last_seq + 1)]


@on_loop
async def test_enqueue_and_dequeue(nats_server: NatsServer, naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    await close_all()
    old = [Job.create(jobs.add, (number, 1)) for number in range(10)]
    new = [Job.create(jobs.add, (number, 1)) for number in range(10)]
    async with Opened(nats_server) as by_hand:
        for job in old:
            await byhand.enqueue(nats_server.url, queue.subject, job.serialize())
    async with Opened(nats_server) as leased:
        for job in new:
            await queue.enqueue(job)
    async with await nats.connect(nats_server.url) as look:
        assert await payloads(look, queue) == [job.serialize() for job in (*old, *new)]
    assert (by_hand.count, leased.count) == (10, 1)
    # Either takes what the other has put there.
    async with Opened(nats_server) as leased:
        assert [await queue.dequeue() for _ in range(15)] == [*old, *new[:5]]
    assert leased.count == 1
    for job in new[5:]:
        data = await byhand.dequeue(nats_server.url, queue.subject, queue.consumer_name)
        assert data is not None
        assert Job.deserialize(data) == job
    assert await byhand.dequeue(nats_server.url, queue.subject, queue.consumer_name) is None
    assert await queue.dequeue(timeout=0.1) is None


@on_loop
async def test_a_refusal_comes_from_the_same_error(nats_server: NatsServer, naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    async with await nats.connect(nats_server.url) as look:
        await look.jetstream().add_stream(
            StreamConfig(
                name=queue.stream_name,
                subjects=[queue.subject],
                retention=RetentionPolicy.WORK_QUEUE,
                max_msgs=0,
                max_msg_size=100,
                discard=DiscardPolicy.NEW,
            )
        )
    job = Job.create(jobs.add, ("x" * 200, 1))
    with pytest.raises(nats.js.errors.APIError) as old:
        await byhand.enqueue(nats_server.url, queue.subject, job.serialize())
    with pytest.raises(EnqueueFailed) as new:
        await queue.enqueue(job)
    assert type(new.value.__cause__) is type(old.value)
    assert new.value.refused


@on_loop
async def test_too_large_is_refused_by_both(nats_server: NatsServer, naq_config: Config) -> None:
    queue = Queue(config=naq_config)
    await queue.setup()
    job = Job.create(jobs.add, ("x" * 1_100_000, 1))
    with pytest.raises(nats.errors.MaxPayloadError):
        await byhand.enqueue(nats_server.url, queue.subject, job.serialize())
    with pytest.raises(PayloadTooLarge):
        await queue.enqueue(job)
    assert await queue.depth() == 0


async def execute(data: bytes) -> None:
    job = Job.deserialize(data)
    getattr(jobs, job.function.partition(":")[2])(*job.args)


@pytest.mark.parametrize("side", ["byhand", "library"])
@on_loop
async def test_a_message_is_settled_alike(nats_server: NatsServer, naq_config: Config, side: str) -> None:
    """Acknowledged when the job returns; given back, and its exception raised, when it fails."""
    config = configured(naq_config, queue={"retry_delay": 0.01})
    queue, worker = Queue(config=config), Worker(config=config)
    await queue.setup()

    async def process(msg: Any) -> None:
        if side == "byhand":
            await byhand.process_message(nats_server.url, msg, execute)
        else:
            await worker.process_message(msg)

    async with await nats.connect(nats_server.url) as look:
        js = look.jetstream()
        subscription = await js.pull_subscribe_bind(queue.consumer_name, stream=queue.stream_name)
        await queue.enqueue(jobs.add, 1, 2)
        await process((await subscription.fetch(1, timeout=2))[0])
        await until(lambda: _depth_is(queue, 0))
        await queue.enqueue(Job.create(jobs.fail, ("no way",), options=JobOptions(max_retries=1, retry_delay=0.01)))
        with pytest.raises(ValueError, match="no way"):
            await process((await subscription.fetch(1, timeout=2))[0])
        (again,) = await subscription.fetch(1, timeout=5)
        assert again.metadata.num_delivered == 2
        await again.ack_sync()


async def _depth_is(queue: Queue, depth: int) -> bool:
    return await queue.depth() == depth


@on_loop
async def test_states_are_in_the_bucket(nats_server: NatsServer, naq_config: Config) -> None:
    worker, bucket = Worker(config=naq_config), f"{naq_config.queue.prefix}_states"
    await Queue(config=naq_config).setup()
    await close_all()
    async with Opened(nats_server) as by_hand:
        for number in range(5):
            await byhand.update_job_status(nats_server.url, bucket, f"old-{number}", b"done")
    async with Opened(nats_server) as leased:
        for number in range(5):
            await worker.update_job_status(f"new-{number}", "done")
    assert (by_hand.count, leased.count) == (5, 1)
    async with await nats.connect(nats_server.url) as look:
        assert await keys_of(look.jetstream(), bucket) == sorted(f"{side}-{number}" for side in ("old", "new") for number in range(5))
    state = await Status(naq_config).job("new-3")
    assert state is not None
    assert state.state == "done"


@on_loop
async def test_events_are_the_same_messages(nats_server: NatsServer, naq_config: Config) -> None:
    publisher, kind = EventPublisher(naq_config), f"{naq_config.queue.prefix}.paid"
    data = {"n": 1, "by": "é😀", "lines": [1.5, None, True, {}]}
    heard: list[tuple[str, Any]] = []
    async with await nats.connect(nats_server.url) as look:

        async def note(msg: Any) -> None:
            heard.append((msg.subject, json.loads(msg.data)))

        await look.subscribe(f"events.{kind}", cb=note)
        await look.flush()
        async with Opened(nats_server) as by_hand:
            for _ in range(5):
                await byhand.publish_event(nats_server.url, kind, data)
        async with Opened(nats_server) as leased:
            for _ in range(5):
                await publisher.publish_event(kind, data)
        await until(lambda: len(heard) == 10)
    assert heard == [(f"events.{kind}", data)] * 10
    assert (by_hand.count, leased.count) == (5, 1)


@on_loop
async def test_system_events_are_kept_alike(nats_server: NatsServer, naq_config: Config) -> None:
    publisher, prefix = EventPublisher(naq_config), naq_config.queue.prefix
    data = {"disk": "/", "free": 0}
    assert await publisher.publish_system_event("disk.full", data) == 1
    await close_all()
    async with Opened(nats_server) as by_hand:
        for _ in range(3):
            await byhand.publish_system_event(nats_server.url, f"{prefix}.events.disk.full", data)
    async with Opened(nats_server) as leased:
        for number in range(3):
            assert await publisher.publish_system_event("disk.full", data) == 5 + number
    assert (by_hand.count, leased.count) == (3, 1)
    async with await nats.connect(nats_server.url) as look:
        js = look.jetstream()
        stored = [await js.get_msg(f"{prefix}_events", number) for number in range(1, 8)]
    assert {(one.subject, json.loads(one.data or b"").__repr__()) for one in stored} == {
        (f"{prefix}.events.disk.full", repr(data))
    }
