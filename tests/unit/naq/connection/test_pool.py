"""One connection for each loop and settings: shared, opened once, closed when idle, at the loop's end, or on demand."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import nats
import nats.errors
import pytest

from naq.config import Config
from naq.connection import close_all, current_pool, nats_connection, nats_jetstream, nats_kv_store
from naq.connection.client import PooledClient
from naq.errors import ConnectFailed
from naq.testing import NatsServer
from naq_support.aio import on_loop
from support.leftovers import eventually, no_connection, nothing_left


def derived(config: Config, **nats_settings: Any) -> Config:
    return config.model_copy(update={"nats": config.nats.model_copy(update=nats_settings)})


def test_ten_thousand_leases_open_one_connection(nats_server: NatsServer) -> None:
    async def main() -> None:
        async with nats_jetstream(nats_server.config) as (_, js):
            await js.create_key_value(bucket="pool", storage="memory")
        for number in range(10_000):
            # A new config each time: equal settings share a connection, not only the same object.
            async with (
                nats_connection(nats_server.config if number % 100 == 0 else config),
                nats_jetstream(config),
                nats_kv_store("pool", config),
            ):
                pass
        assert await asyncio.to_thread(eventually, lambda: len(nats_server.connections()) == 1)

    config = nats_server.config
    before = nats_server.opened_connections()
    asyncio.run(main())
    assert nats_server.opened_connections() == before + 1
    assert no_connection(nats_server)


def test_a_hundred_tasks_at_once_open_one_connection(nats_server: NatsServer) -> None:
    async def lease() -> int | None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
            return conn.client_id

    async def main() -> None:
        clients = await asyncio.gather(*(lease() for _ in range(100)))
        assert len(set(clients)) == 1
        assert "0 leased" in repr(current_pool())

    before = nats_server.opened_connections()
    asyncio.run(main())
    assert nats_server.opened_connections() == before + 1


def test_the_pool_shows_its_leases_and_states(nats_server: NatsServer) -> None:
    async def main() -> None:
        assert repr(current_pool()) == "<naq connections: none>"
        waiting = asyncio.create_task(nats_connection(nats_server.config).__aenter__())
        await asyncio.sleep(0)
        assert repr(current_pool()) == f"<naq connections: <{nats_server.url}: connecting, 0 leased, 1 waiting>>"
        await waiting
        async with nats_connection(nats_server.config):
            assert repr(current_pool()) == f"<naq connections: <{nats_server.url}: open, 2 leased>>"
        await close_all()
        assert repr(current_pool()) == "<naq connections: none>"

    asyncio.run(main())


@on_loop
async def test_an_open_connection_is_ready(nats_server: NatsServer) -> None:
    config = nats_server.config
    pool = current_pool()
    assert pool.ready(config.nats) is None
    async with nats_connection(config):
        assert pool.ready(config.nats) in pool.connections
    await close_all()
    assert pool.ready(config.nats) is None


def test_a_hundred_programs_leave_nothing_and_lose_nothing(
    nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def program(number: int) -> None:
        async with nats_connection(nats_server.config) as conn:
            # An answer that arrives meanwhile must not reset the socket while data is still being sent.
            await conn.subscribe("programs.echo")
            for index in range(50):
                await conn.publish("programs.echo", b"x" * 1000)
                await conn.publish("programs.count", f"{number}.{index}".encode())

    received: set[bytes] = set()
    listening, finished = threading.Event(), threading.Event()
    listener = threading.Thread(target=asyncio.run, args=(collect(nats_server, received, listening, finished),))
    listener.start()
    assert listening.wait(60)
    with nothing_left(caplog):
        for number in range(100):
            asyncio.run(program(number))
    assert eventually(lambda: len(received) == 5000)
    finished.set()
    listener.join()
    assert no_connection(nats_server)


async def collect(
    server: NatsServer, received: set[bytes], listening: threading.Event, finished: threading.Event
) -> None:
    async def note(msg: Any) -> None:
        received.add(msg.data)

    async with nats_connection(server.config) as conn:
        await conn.subscribe("programs.count", cb=note)
        await conn.flush()
        listening.set()
        while not finished.is_set():
            await asyncio.sleep(0.01)


def test_an_idle_connection_is_closed(nats_server: NatsServer) -> None:
    config = derived(nats_server.config, idle_timeout=0.05)

    async def main() -> None:
        async with nats_connection(config) as conn:
            await asyncio.sleep(0.15)
            await conn.flush()
        while current_pool().connections:
            await asyncio.sleep(0.01)
        assert await asyncio.to_thread(no_connection, nats_server)
        async with nats_connection(config) as conn:
            await conn.flush()

    asyncio.run(main())


def test_a_busy_connection_is_not_idle(nats_server: NatsServer) -> None:
    """Only the time since the last lease counts, however long the connection was in use, also on a busy machine."""
    config = derived(nats_server.config, idle_timeout=2.0)

    async def main() -> None:
        clients = set()
        end = asyncio.get_running_loop().time() + 2.5
        while asyncio.get_running_loop().time() < end:
            async with nats_connection(config) as conn:
                clients.add(conn.client_id)
            await asyncio.sleep(0.01)
        assert len(clients) == 1

    asyncio.run(main())


def test_close_all_delivers_and_closes_what_is_in_use(nats_server: NatsServer) -> None:
    async def main() -> None:
        async with nats_connection(nats_server.config) as conn:
            await conn.publish("close.all", b"x")
            await close_all()
            assert await asyncio.to_thread(no_connection, nats_server)
            with pytest.raises(nats.errors.ConnectionClosedError):
                await conn.publish("close.all", b"y")
            async with nats_connection(nats_server.config) as other:
                await other.flush()

    asyncio.run(main())


def test_close_all_while_connecting(nats_server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    async def lease() -> None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()

    async def main() -> None:
        task = asyncio.create_task(lease())
        await asyncio.sleep(0)
        await close_all()
        await task

    with nothing_left(caplog):
        asyncio.run(main())


def test_different_settings_never_share(nats_server: NatsServer) -> None:
    configs = [
        nats_server.config,
        derived(nats_server.config, user="a", password="one"),
        derived(nats_server.config, user="a", password="two"),
        derived(nats_server.config, token="one"),
        derived(nats_server.config, client_name="other"),
    ]

    async def main() -> None:
        clients = set()
        for config in configs:
            async with nats_connection(config) as conn:
                clients.add(conn.client_id)
        assert len(clients) == len(configs)
        # The server may not have noticed the end of connections of earlier tests yet.
        assert await asyncio.to_thread(eventually, lambda: len(nats_server.connections()) == len(configs))

    asyncio.run(main())


def test_threads_have_connections_of_their_own(nats_server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    async def program() -> set[int | None]:
        clients = set()
        for _ in range(200):
            async with nats_connection(nats_server.config) as conn:
                clients.add(conn.client_id)
        return clients

    with nothing_left(caplog), ThreadPoolExecutor(8) as executor:
        found = list(executor.map(lambda _: asyncio.run(program()), range(16)))
    assert all(len(clients) == 1 for clients in found)
    assert len(set.union(*found)) == 16
    assert no_connection(nats_server)


def test_a_client_of_a_finished_loop_is_not_used(nats_server: NatsServer) -> None:
    async def program() -> int | None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
            return conn.client_id

    assert asyncio.run(program()) != asyncio.run(program())


def test_a_runner_keeps_its_connection_between_runs(nats_server: NatsServer) -> None:
    async def program() -> int | None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
            return conn.client_id

    with asyncio.Runner() as runner:
        assert runner.run(program()) == runner.run(program())
    assert no_connection(nats_server)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is for POSIX")
# Fork in a test process with threads: what the warning fears does not happen before the child's _exit.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_has_its_own_connection(nats_server: NatsServer) -> None:
    async def child() -> int | None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
            return conn.client_id

    def in_child(parents: int | None) -> int:
        try:
            return 0 if asyncio.run(child()) != parents else 2
        except BaseException:
            return 3

    async def main() -> None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
            pid = os.fork()
            if pid == 0:
                os._exit(in_child(conn.client_id))
            _, status = await asyncio.to_thread(os.waitpid, pid, 0)
            assert os.waitstatus_to_exitcode(status) == 0
            await conn.publish("after.fork")
            await conn.flush()
            async with nats_connection(nats_server.config) as other:
                assert other.client_id == conn.client_id

    asyncio.run(main())
    assert no_connection(nats_server)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is for POSIX")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_living_child_does_not_hold_the_parents_connection(nats_server: NatsServer) -> None:
    hold, release = os.pipe()

    async def main() -> int:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
            pid = os.fork()
            if pid == 0:
                os.close(release)
                os.read(hold, 1)
                os._exit(0)
            return pid

    pid = asyncio.run(main())
    try:
        assert no_connection(nats_server)
    finally:
        os.close(release)
        os.close(hold)
        os.waitpid(pid, 0)


def test_a_block_in_a_generator_ends_before_the_connection(
    nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    ended = []

    async def numbers() -> AsyncIterator[int]:
        async with nats_connection(nats_server.config) as conn:
            try:
                yield 1
            finally:
                await conn.flush()
                ended.append(conn.is_connected)

    async def main() -> None:
        generator = numbers()
        await anext(generator)
        kept.append(generator)

    kept: list[Any] = []
    with nothing_left(caplog):
        asyncio.run(main())
    assert ended == [True]
    assert no_connection(nats_server)


def test_a_lease_after_the_end_of_the_loop_is_refused(nats_server: NatsServer) -> None:
    refused = []

    async def late() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            while not current_pool().closed:
                await asyncio.sleep(0.001)
            try:
                async with nats_connection(nats_server.config):
                    pass
            except ConnectFailed as error:
                refused.append(str(error))

    async def main() -> None:
        kept.append(late())
        await anext(kept[0])
        async with nats_connection(nats_server.config):
            pass

    kept: list[Any] = []
    asyncio.run(main())
    assert ["loop is ending" in words for words in refused] == [True]


def test_a_forgotten_lease_does_not_keep_the_program_from_ending(
    nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        await nats_connection(nats_server.config).__aenter__()

    with nothing_left(caplog):
        asyncio.run(main())
    assert any("blocks are open" in record.getMessage() for record in caplog.records)
    assert no_connection(nats_server)


def test_loops_closed_without_notice_are_forgotten(nats_server: NatsServer) -> None:
    async def program() -> None:
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()
        await close_all()

    from naq.connection import registry

    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(program())
        loop.close()
    assert sum(one.is_closed() for one in registry._pools) <= 1


def test_after_an_outage_buckets_are_looked_up_again_and_waiting_ends(nats_server: NatsServer) -> None:
    async def main() -> None:
        async with nats_connection(nats_server.config):
            [shared] = current_pool().connections
            shared.buckets["a"] = ("KV_a", "$KV.a.", True)
            outage = shared.outage()
            assert shared.outage() is outage
            await shared._reconnected()
            assert shared.buckets == {}
            assert outage.done()
            outage = shared.outage()
            assert not outage.done()
            await shared.client.close()
            assert outage.done()
            assert current_pool().connections == ()

    asyncio.run(main())


def test_a_connection_that_nothing_recovers_is_replaced_and_closed(nats_server: NatsServer) -> None:
    async def main() -> None:
        async with nats_connection(nats_server.config) as conn:
            first = conn.client_id
            [shared] = current_pool().connections
            reader = shared.client._reading_task
            assert reader is not None
            reader.cancel()
            await asyncio.wait({reader})
            assert shared.dead
            async with nats_connection(nats_server.config) as other:
                assert other.client_id != first
                assert shared.condition == "closed"
            assert await asyncio.to_thread(eventually, lambda: len(nats_server.connections()) == 1)

    asyncio.run(main())
    assert no_connection(nats_server)


def test_an_opening_that_fails_in_an_unknown_way_is_forgotten(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: PooledClient, **callbacks: Any) -> None:
        raise RuntimeError("broken")

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(PooledClient, "open", broken)
            with pytest.raises(RuntimeError, match=r"^broken$"):
                async with nats_connection(nats_server.config):
                    pytest.fail("the block was entered")
        assert current_pool().connections == ()
        async with nats_connection(nats_server.config) as conn:
            await conn.flush()

    asyncio.run(main())
