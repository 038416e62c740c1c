"""Blocks in unusual places: nested, in task groups, interrupted, across a restart, with buckets that are replaced."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import nats.errors
import nats.js.errors
import pytest
from nats.js.api import KeyValueConfig

from naq.config import Config
from naq.connection import close_all, current_pool, jetstream_context, nats_connection, nats_jetstream, nats_kv_store
from naq.errors import ConnectFailed, ConnectionReleased
from naq.testing import NatsServer
from support.leftovers import no_connection, nothing_left


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also if SIGINT was ignored when the tests were started, as in a background job of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def server() -> Iterator[NatsServer]:
    """A server that a test may stop or kill."""
    with NatsServer() as server:
        yield server


def test_nested_blocks_share_and_end_one_by_one(nats_server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        before = nats_server.opened_connections()
        async with AsyncExitStack() as stack:
            handles = [await stack.enter_async_context(nats_connection(nats_server.config)) for _ in range(50)]
            async with nats_jetstream(nats_server.config) as (conn, _), jetstream_context(conn) as js:
                assert len({handle.client_id for handle in [*handles, conn]}) == 1
                await js.account_info()
                assert current_pool().leases == 52
            with pytest.raises(ConnectionReleased):
                await js.account_info()
            await handles[0].flush()
        assert current_pool().leases == 0
        assert nats_server.opened_connections() == before + 1

    with nothing_left(caplog):
        asyncio.run(main())


def test_a_group_of_tasks_in_a_block_fails_as_a_group(
    nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(number: int) -> None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
            raise ValueError(number)

    async def hang() -> None:
        async with nats_connection(nats_server.config) as conn:
            await conn.subscribe("blocks.group")
            await asyncio.Event().wait()

    async def work() -> None:
        async with nats_jetstream(nats_server.config), asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(hang())
            group.create_task(fail(1))

    async def main() -> None:
        with pytest.raises(ExceptionGroup) as caught:
            await work()
        (error,) = caught.value.exceptions
        assert isinstance(error, ValueError)
        assert error.args == (1,)
        assert current_pool().leases == 0
        async with nats_connection(nats_server.config) as conn:
            assert conn._subs == {}

    with nothing_left(caplog):
        asyncio.run(main())
    assert no_connection(nats_server)


def test_a_server_down_in_a_group_of_tasks(caplog: pytest.LogCaptureFixture) -> None:
    """Each task raises a new `ConnectFailed`, or is cancelled by the first."""

    async def lease() -> None:
        async with nats_connection(Config.for_servers("nats://127.0.0.1:1")):
            pytest.fail("the block was entered")

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(lease())

    with nothing_left(caplog), pytest.raises(ExceptionGroup) as caught:
        asyncio.run(main())
    assert {type(error) for error in caught.value.exceptions} == {ConnectFailed}


@pytest.mark.parametrize("how", ["signal", "raised"])
@pytest.mark.usefixtures("interruptible")
def test_interrupted_in_a_block(how: str, nats_server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    ended = []

    async def main() -> None:
        async with nats_connection(nats_server.config) as conn:
            await conn.subscribe("blocks.interrupted")
            try:
                if how == "raised":
                    raise KeyboardInterrupt
                signal.raise_signal(signal.SIGINT)
                await asyncio.sleep(3600)
            finally:
                await conn.flush()
                ended.append(current_pool().leases)

    with nothing_left(caplog), pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert ended == [1]
    assert no_connection(nats_server)


@pytest.mark.usefixtures("interruptible")
def test_interrupted_while_others_hold_blocks(nats_server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    """All tasks are cancelled at once, with those of the connection; each may still publish a last message."""
    names = [f"blocks.last.{number}" for number in range(20)]

    async def hold(name: str) -> None:
        async with nats_connection(nats_server.config) as conn:
            try:
                await asyncio.sleep(3600)
            finally:
                await conn.publish(name, b"last words")

    async def main() -> None:
        tasks = [asyncio.create_task(hold(name)) for name in names]
        while current_pool().leases < len(names):
            await asyncio.sleep(0.001)
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
        await asyncio.gather(*tasks)

    heard: list[str] = []
    listening, finished = threading.Event(), threading.Event()

    async def listen() -> None:
        async with nats_connection(nats_server.config) as conn:
            words = await conn.subscribe("blocks.last.*")
            await conn.flush()
            listening.set()
            while not finished.is_set() or len(heard) < len(names):
                heard.append((await words.next_msg(timeout=60)).subject)
                if len(heard) == len(names):
                    return

    with ThreadPoolExecutor(1) as executor:
        listener = executor.submit(asyncio.run, listen())
        assert listening.wait(60)
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(main())
        listener.result(60)
    assert sorted(heard) == sorted(names)
    assert no_connection(nats_server)


@asynccontextmanager
async def wrapped(config: Config) -> AsyncIterator[nats.NATS]:
    async with nats_connection(config) as conn:
        yield conn


def test_blocks_in_generators_and_wrappers(nats_server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    async def rows() -> AsyncIterator[int]:
        async with wrapped(nats_server.config) as conn:
            for number in range(10):
                await conn.flush()
                yield number

    async def main() -> None:
        async with aclosing(rows()) as numbers:
            async for number in numbers:
                assert current_pool().leases == 1
                if number == 3:
                    break
        assert current_pool().leases == 0
        # One that is not closed by its user is closed by the end of the loop.
        async for number in rows():
            if number == 3:
                break

    with nothing_left(caplog):
        asyncio.run(main())
    assert no_connection(nats_server)


def test_a_server_that_restarts_between_blocks(server: NatsServer) -> None:
    config = server.config.model_copy(update={"nats": server.config.nats.model_copy(update={"connect_timeout": 30.0})})

    async def main() -> None:
        for number in range(10):
            async with nats_jetstream(config) as (_, js):
                if not number:
                    await js.add_stream(name="blocks", subjects=["blocks.*"])
                ack = await js.publish("blocks.restart", b"x", timeout=30)
                assert ack.seq == number + 1
            await asyncio.to_thread(server.kill)
            # Before it is back: a client that is quick to connect again is not seen without a connection.
            while any(shared.client.alive for shared in current_pool().connections):
                await asyncio.sleep(0.001)
            await asyncio.to_thread(server.start)
        assert len(server.connections()) <= 1

    asyncio.run(main())


def test_a_bucket_made_anew_between_blocks(naq_config: Config) -> None:
    """The new bucket has other settings: whether direct reads are allowed was remembered."""
    name = naq_config.queue.prefix

    async def main() -> None:
        async with nats_jetstream(naq_config) as (_, js):
            for direct in (True, False, True):
                await js.create_key_value(KeyValueConfig(bucket=name, direct=direct, storage="memory"))
                async with nats_kv_store(name, naq_config) as kv:
                    await kv.put("key", b"%d" % direct)
                    assert (await kv.get("key")).value == b"%d" % direct
                await js.delete_key_value(name)
            with pytest.raises(nats.js.errors.BucketNotFoundError):
                await read()
            with pytest.raises(nats.js.errors.BucketNotFoundError):
                await read()

    async def read() -> None:
        async with nats_kv_store(name, naq_config) as kv:
            await kv.get("key")

    asyncio.run(main())


def test_another_loop_in_another_thread_meanwhile(nats_server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    """A block stays open on one loop while other loops start and end, in threads that run one loop after the other."""

    async def program() -> int | None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
            return conn.client_id

    async def main() -> None:
        async with nats_connection(nats_server.config) as conn:
            with ThreadPoolExecutor(4) as executor:
                loop = asyncio.get_running_loop()
                running = [loop.run_in_executor(executor, asyncio.run, program()) for _ in range(40)]
                clients = await asyncio.gather(*running)
            assert len({*clients, conn.client_id}) == 41
            assert current_pool().leases == 1
            await conn.flush()

    with nothing_left(caplog):
        asyncio.run(main())
    assert no_connection(nats_server)


def test_leaving_twice_and_closing_in_between(nats_server: NatsServer) -> None:
    async def main() -> None:
        manager = nats_connection(nats_server.config)
        async with manager as conn:
            await close_all()
            with pytest.raises(nats.errors.ConnectionClosedError):
                await conn.flush()
        assert (await manager.__aexit__(None, None, None)) is None
        assert current_pool().leases == 0
        async with manager as conn:
            await conn.flush()

    asyncio.run(main())
