"""The four context managers, as a caller sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import nats
import nats.errors
import nats.js.errors
import pytest

from naq.config import Config
from naq.connection import current_pool, jetstream_context, nats_connection, nats_jetstream, nats_kv_store
from naq.errors import ConnectionReleased
from naq.testing import NatsServer


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await work()

    return asyncio.run(main())


def test_a_connection_is_nats_pys_own(naq_config: Config) -> None:
    async def work() -> None:
        async with nats_connection(naq_config) as conn:
            assert isinstance(conn, nats.NATS)
            assert conn.is_connected
            answer = asyncio.get_running_loop().create_future()
            await conn.subscribe("managers.echo", future=answer)
            await conn.publish("managers.echo", b"hello")
            assert (await answer).data == b"hello"

    run(work)


def test_a_jetstream_publishes_and_fetches(naq_config: Config) -> None:
    async def work() -> None:
        async with nats_jetstream(naq_config) as (_, js):
            await js.add_stream(name="managers_js", subjects=["managers.js"], storage="memory")
            await js.publish("managers.js", b"one")
            fetched = await (await js.pull_subscribe("managers.js", "durable")).fetch(1)
            assert [msg.data for msg in fetched] == [b"one"]

    run(work)


def test_a_missing_bucket_is_nats_pys_error(naq_config: Config) -> None:
    async def work() -> None:
        with pytest.raises(nats.js.errors.BucketNotFoundError):
            async with nats_kv_store("nowhere", naq_config):
                pytest.fail("the block was entered")
        assert current_pool().leases == 0

    run(work)


def test_a_bucket_is_looked_up_once(naq_config: Config) -> None:
    async def work() -> None:
        async with nats_jetstream(naq_config) as (conn, js):
            await js.create_key_value(bucket="managers", storage="memory")
            async with nats_kv_store("managers", naq_config) as kv:
                await kv.put("key", b"value")
            sent = conn.stats["out_msgs"]
            async with nats_kv_store("managers", naq_config) as kv:
                assert conn.stats["out_msgs"] == sent
                assert (await kv.get("key")).value == b"value"

    run(work)


def test_errors_from_the_block_come_out_unchanged(naq_config: Config) -> None:
    error = nats.errors.SlowConsumerError("a", "b", 1, None)

    async def work() -> None:
        with pytest.raises(nats.errors.SlowConsumerError) as caught:
            async with nats_jetstream(naq_config):
                raise error
        assert caught.value is error

    run(work)


def test_a_released_handle_says_so(naq_config: Config) -> None:
    async def work() -> None:
        async with nats_jetstream(naq_config) as (conn, js):
            sub = await js.subscribe("managers.none", stream=await a_stream(js))
        assert conn.is_closed
        assert not conn.is_connected
        uses: list[Callable[[], Awaitable[Any]]] = [
            lambda: conn.publish("managers.dead"),
            lambda: conn.subscribe("managers.dead"),
            lambda: conn.flush(),
            lambda: conn.drain(),
            lambda: conn.request("managers.dead"),
            lambda: js.publish("managers.dead"),
            lambda: js.publish_async("managers.dead"),
            lambda: js.stream_info("managers"),
            lambda: js.key_value("managers"),
            lambda: conn.jetstream().publish("managers.dead"),
            lambda: sub.consumer_info(),
        ]
        for use in uses:
            with pytest.raises(ConnectionReleased, match="inside the block"):
                await use()
        await conn.close()
        assert "released" in repr(conn)

    async def a_stream(js: Any) -> str:
        await js.add_stream(name="managers_none", subjects=["managers.none"], storage="memory")
        return "managers_none"

    run(work)


@pytest.mark.parametrize("leave", ["close", "drain"])
def test_closing_a_handle_leaves_the_connection_to_others(naq_config: Config, leave: str) -> None:
    async def work() -> None:
        async with nats_connection(naq_config) as ours, nats_connection(naq_config) as theirs:
            await getattr(ours, leave)()
            assert ours.is_closed
            await theirs.flush()
            assert current_pool().leases == 1

    run(work)


def test_subscriptions_end_with_the_block(nats_server: NatsServer, naq_config: Config) -> None:
    async def work() -> None:
        async with nats_jetstream(naq_config) as (outer, js):
            await js.add_stream(name="managers_subs", subjects=["managers.subs"], storage="memory")
            await outer.flush()
            before = subscriptions(nats_server, outer)
            async with nats_jetstream(naq_config) as (conn, inner):
                await inner.pull_subscribe("managers.subs", "durable")
                await inner.subscribe("managers.subs")
                await conn.subscribe("managers.core", cb=ignore)
                await conn.jetstream().subscribe("managers.subs", ordered_consumer=True)
                async with jetstream_context(conn) as third:
                    await third.pull_subscribe("managers.subs", "durable")
                    await conn.flush()
                    assert subscriptions(nats_server, outer) == before + 5
                await conn.flush()
                assert subscriptions(nats_server, outer) == before + 4
            await outer.flush()
            assert subscriptions(nats_server, outer) == before

    async def ignore(msg: Any) -> None:
        pass

    run(work)


def subscriptions(server: NatsServer, conn: nats.NATS) -> int:
    (found,) = [one for one in server.connections() if one["cid"] == conn.client_id]
    return int(found["subscriptions"])


def test_a_subscription_whose_drain_was_cut_ends_with_the_block(nats_server: NatsServer, naq_config: Config) -> None:
    """nats-py reports the subscription as closed already, but keeps it."""

    async def slowly(msg: Any) -> None:
        await asyncio.sleep(3600)

    async def cut() -> None:
        async with nats_connection(naq_config) as conn:
            sub = await conn.subscribe("managers.cut", cb=slowly)
            await conn.publish("managers.cut")
            await conn.flush()
            await asyncio.wait_for(sub.drain(), 0.05)

    async def work() -> None:
        async with nats_connection(naq_config) as outer:
            tasks = asyncio.all_tasks()
            with pytest.raises(TimeoutError):
                await cut()
            assert outer._subs == {}
            await outer.flush()
            assert subscriptions(nats_server, outer) == 0
            assert asyncio.all_tasks() == tasks

    run(work)


def test_handlers_finish_what_had_come(naq_config: Config) -> None:
    handled: list[int] = []

    async def slowly(msg: Any) -> None:
        await asyncio.sleep(0.001)
        handled.append(int(msg.data))

    async def work() -> None:
        async with nats_connection(naq_config) as conn:
            await conn.subscribe("managers.slow", cb=slowly)
            for number in range(100):
                await conn.publish("managers.slow", str(number).encode())

    run(work)
    assert handled == list(range(100))


def test_jetstream_context_on_a_connection_opened_by_hand(nats_server: NatsServer) -> None:
    async def work() -> None:
        async with await nats.connect(nats_server.url) as conn:
            async with jetstream_context(conn) as js:
                assert (await js.account_info()).memory >= 0
            assert conn.is_connected
            with pytest.raises(ConnectionReleased):
                await js.account_info()

    run(work)


def test_a_manager_holds_one_block_at_a_time(naq_config: Config) -> None:
    async def work() -> None:
        manager = nats_connection(naq_config)
        async with manager as conn:
            with pytest.raises(RuntimeError, match="in use already"):
                await manager.__aenter__()
            await conn.flush()
            assert current_pool().leases == 1
        async with manager as conn:
            await conn.flush()
        assert current_pool().leases == 0

    run(work)


def test_a_bucket_that_was_deleted_is_missed(naq_config: Config) -> None:
    async def work() -> None:
        async with nats_jetstream(naq_config) as (_, js):
            await js.create_key_value(bucket="managers_gone", storage="memory")
            async with nats_kv_store("managers_gone", naq_config) as kv:
                await kv.put("key", b"value")
                with pytest.raises(nats.js.errors.KeyNotFoundError):
                    await kv.get("other")
            await js.delete_key_value("managers_gone")
        with pytest.raises(nats.js.errors.NoStreamResponseError):
            async with nats_kv_store("managers_gone", naq_config) as kv:
                await kv.put("key", b"value")
        with pytest.raises(nats.js.errors.BucketNotFoundError):
            async with nats_kv_store("managers_gone", naq_config):
                pytest.fail("the block was entered")

    run(work)


def test_what_nats_py_offers_is_offered(naq_config: Config) -> None:
    """Each public method and attribute of a client and a context is there on the handles, and is the client's own."""

    async def work() -> None:
        async with nats_jetstream(naq_config) as (conn, js):
            plain = nats.NATS()
            for handle, model in ((conn, plain), (js, plain.jetstream())):
                for name in (name for name in dir(model) if not name.startswith("_")):
                    assert type(getattr(handle, name)) is not type(None) or getattr(model, name, None) is None, name
            assert conn.client_id is not None
            assert conn.max_payload > 0
            assert conn.connected_url is not None
            assert conn.connected_server_version.major >= 2
            assert await conn.rtt() > 0
            future = await js.publish_async("managers.unheard")
            with pytest.raises(nats.js.errors.NoStreamResponseError):
                await future
            assert js.publish_async_pending() == 0
            await js.publish_async_completed()
            assert isinstance(await conn.jsm().account_info(), object)
            with pytest.raises(nats.errors.Error, match="connected already"):
                await conn.connect()

    run(work)


def test_a_long_lease_forgets_the_subscriptions_that_ended(naq_config: Config) -> None:
    async def work() -> None:
        async with nats_connection(naq_config) as conn:
            for _ in range(300):
                sub = await conn.subscribe("managers.many")
                await sub.unsubscribe()
            noted = conn._lease.subscriptions  # type: ignore[attr-defined]
            assert len(noted) < 100

    run(work)
