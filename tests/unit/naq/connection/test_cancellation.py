"""A lease is cancelled at each step of the loop, from before it connects until after its block has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from naq.config import Config
from naq.connection import close_all, current_pool, nats_connection, nats_jetstream, nats_kv_store
from naq.testing import NatsServer
from support.leftovers import no_connection, nothing_left
from support.ticking import TickingLoop

TICKS = range(201)
Life = Callable[[Config], Coroutine[Any, Any, None]]


async def with_a_handler(config: Config) -> None:
    async def handle(msg: Any) -> None:
        await asyncio.sleep(0)

    async with nats_connection(config) as conn:
        await conn.subscribe("ticks", cb=handle)
        for _ in range(5):
            await conn.publish("ticks", b"x" * 100)
        await conn.flush()
        await conn.publish("ticks", b"last")


async def with_a_pull_subscription(config: Config) -> None:
    async with nats_jetstream(config) as (_, js):
        await js.publish("ticks.js", b"x")
        sub = await js.pull_subscribe("ticks.js", "ticks")
        for msg in await sub.fetch(1):
            await msg.ack_sync()


async def with_a_bucket(config: Config) -> None:
    for _ in range(2):
        async with nats_kv_store("ticks", config) as kv:
            await kv.put("key", b"value")
            await kv.get("key")


@pytest.fixture(scope="module")
def stored(nats_server: NatsServer) -> Config:
    async def make() -> None:
        async with nats_jetstream(nats_server.config) as (_, js):
            await js.add_stream(name="ticks", subjects=["ticks.js"], storage="memory")
            await js.create_key_value(bucket="ticks", storage="memory")

    asyncio.run(make())
    return nats_server.config


async def one_life(life: Life, config: Config, tick: int, *, warm: bool) -> int | None:
    """Cancel *life* at *tick*; the next lease works, and closing leaves nothing. The turns it took, if it ended."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TickingLoop)
    if warm:
        async with nats_connection(config):
            pass
    victim = asyncio.create_task(life(config))
    loop.watch(victim, tick)
    await asyncio.wait({victim})
    turns = None if victim.cancelled() else loop.turns
    loop.victim = None
    if not victim.cancelled():
        victim.result()
    assert current_pool().leases == 0
    async with nats_connection(config) as conn:
        await conn.flush()
        # Only the subscription to the inbox for answers to requests is left.
        assert [sub.subject[:6] for sub in conn._subs.values()] in ([], ["_INBOX"])
    await close_all()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return turns


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("life", [with_a_handler, with_a_pull_subscription, with_a_bucket])
def test_cancelled_at_any_tick(
    life: Life, warm: bool, stored: Config, nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    lengths = []
    with nothing_left(caplog):
        for tick in TICKS:
            with asyncio.Runner(loop_factory=TickingLoop) as runner:
                lengths.append(runner.run(one_life(life, stored, tick, warm=warm)))
    assert no_connection(nats_server)
    # The ticks reach from the first step to the end of the life.
    assert lengths[0] is None
    assert lengths[-1] is not None


@pytest.mark.parametrize("tick", range(30))
def test_the_first_waiters_cancellation_does_not_reach_the_others(
    tick: int, stored: Config, caplog: pytest.LogCaptureFixture
) -> None:
    async def lease() -> bool:
        async with nats_connection(stored) as conn:
            return conn.is_connected

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, TickingLoop)
        tasks = [asyncio.create_task(lease()) for _ in range(10)]
        loop.watch(tasks[0], tick)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        loop.victim = None
        assert results[1:] == [True] * 9

    with nothing_left(caplog), asyncio.Runner(loop_factory=TickingLoop) as runner:
        runner.run(main())


@pytest.mark.parametrize("tick", range(0, 60, 3))
def test_the_program_ends_at_any_tick(
    tick: int, stored: Config, nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, TickingLoop)
        task = asyncio.create_task(with_a_handler(stored))
        loop.watch(task, -1)
        while loop.turns < tick and not task.done():
            await asyncio.sleep(0.0001)

    with nothing_left(caplog), asyncio.Runner(loop_factory=TickingLoop) as runner:
        runner.run(main())
    assert no_connection(nats_server)
