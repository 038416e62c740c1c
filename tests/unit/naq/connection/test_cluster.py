"""Three servers, of which one at a time is killed: what was published is stored once, and leases go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import nats.errors
import nats.js.errors
import pytest
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.client import JetStreamContext

from naq.config import Config
from naq.connection import current_pool, nats_connection, nats_jetstream
from naq.errors import ConnectFailed
from naq.testing import NatsCluster, NatsServer
from naq_support.aio import leader_of
from support.leftovers import nothing_left

STREAM = "cluster"
AT_ONCE = 5
# What an operation may meet while a leader is being elected.
PASSING = (nats.errors.Error, nats.js.errors.Error, ConnectFailed)

T = TypeVar("T")
Victim = Callable[[NatsCluster], Awaitable[NatsServer]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[NatsCluster]:
    with NatsCluster() as cluster:
        yield cluster


async def stream_leader(cluster: NatsCluster) -> NatsServer:
    return await leader_of(cluster, STREAM)


async def ours(cluster: NatsCluster) -> NatsServer:
    """Return the server to which the client is connected."""
    async with nats_connection(cluster.config) as conn:
        url = conn.connected_url
    assert url is not None
    return next(server for server in cluster.servers if server.port == url.port)


async def insist(config: Config, operation: Callable[[JetStreamContext], Awaitable[T]]) -> T:
    """Repeat the operation until there is a leader, and return its result."""
    while True:
        try:
            async with nats_jetstream(config) as (_, js):
                return await operation(js)
        except PASSING:
            await asyncio.sleep(0.05)


async def store(config: Config, number: int) -> None:
    headers = {"Nats-Msg-Id": str(number)}
    await insist(config, lambda js: js.publish(STREAM, b"%d" % number, timeout=1, headers=headers))


async def numbers_in(js: JetStreamContext) -> list[int]:
    """Return the messages from the first to the last."""
    total = (await js.stream_info(STREAM)).state.messages
    sub = await js.pull_subscribe(STREAM, stream=STREAM, config=ConsumerConfig(ack_policy=AckPolicy.NONE))
    numbers: list[int] = []
    while len(numbers) < total:
        numbers += [int(msg.data) for msg in await sub.fetch(1000, timeout=20)]
    return numbers


async def through(cluster: NatsCluster, victim: Victim, kills: int) -> None:
    """Publish without a pause while one server after the other is killed and started again."""
    config = cluster.config
    await insist(config, lambda js: js.add_stream(name=STREAM, subjects=[STREAM], num_replicas=3))
    finished = asyncio.Event()
    published = 0

    async def publish() -> None:
        nonlocal published
        while not finished.is_set():
            published += 1
            await store(config, published)
            await asyncio.sleep(0.002)

    async def break_it() -> None:
        for number in range(kills):
            await asyncio.sleep(0.2)
            server = await victim(cluster)
            await asyncio.to_thread(server.kill)
            # Stored while the server is down: the others have a leader.
            await store(config, -number - 1)
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(cluster.wait_until_ready)
        finished.set()

    await asyncio.gather(break_it(), *(publish() for _ in range(AT_ONCE)))
    total = published + kills
    numbers = await insist(config, numbers_in)
    lost, twice = total - len(set(numbers)), len(numbers) - len(set(numbers))
    print(f"{total} messages through {kills} kills: lost {lost}, twice {twice}")
    assert (lost, twice) == (0, 0)
    assert len(current_pool().connections) == 1
    await insist(config, lambda js: js.delete_stream(STREAM))


@pytest.mark.parametrize("victim", [stream_leader, ours])
def test_a_server_of_three_dies(victim: Victim, cluster: NatsCluster, caplog: pytest.LogCaptureFixture) -> None:
    with nothing_left(caplog):
        asyncio.run(asyncio.wait_for(through(cluster, victim, kills=1), 100))


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victim", [stream_leader, ours])
def test_servers_of_three_die_in_turn(victim: Victim, cluster: NatsCluster, caplog: pytest.LogCaptureFixture) -> None:
    with nothing_left(caplog):
        asyncio.run(asyncio.wait_for(through(cluster, victim, kills=6), 300))
