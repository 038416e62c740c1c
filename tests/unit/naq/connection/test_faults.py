"""Servers that are down, stall, die or refuse, and connections that are cut: errors, and resources that are left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import nats.errors
import pytest

from naq.config import Config, NatsConfig
from naq.connection import close_all, current_pool, nats_connection, nats_jetstream
from naq.errors import ConnectFailed
from naq.server import ServerOptions
from naq.testing import NatsServer
from support.leftovers import no_connection, nothing_left
from support.proxy import CuttingProxy

# Against hanging, not a measure: each of these ends within a fraction of it.
LIMIT = 60


@pytest.fixture
def server() -> Iterator[NatsServer]:
    """A server that a test may stop or kill."""
    with NatsServer() as server:
        yield server


def impatient(url: str, **settings: Any) -> Config:
    """A Config with short time limits."""
    limits: dict[str, Any] = {"connect_timeout": 0.3, "flush_timeout": 0.3, "drain_timeout": 0.3}
    return Config(nats=NatsConfig(servers=(url,), **{**limits, "reconnect_time_wait": 0.02, **settings}))


async def publish(config: Config, payload: bytes = b"x", times: int = 1) -> None:
    async with nats_connection(config) as conn:
        for _ in range(times):
            await conn.publish("faults", payload)
        await conn.flush()


async def failure(config: Config) -> ConnectFailed:
    with pytest.raises(ConnectFailed) as caught:
        async with asyncio.timeout(LIMIT), nats_connection(config):
            pytest.fail("the block was entered")
    return caught.value


async def killed(server: NatsServer) -> None:
    """Kill the server, and wait until its client has noticed."""
    server.kill()
    while any(shared.client.alive for shared in current_pool().connections):
        await asyncio.sleep(0.001)


def test_a_server_that_is_down_is_named_with_the_cause(server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    config = impatient(server.url, connect_timeout=LIMIT)
    server.kill()
    with nothing_left(caplog):
        error = asyncio.run(failure(config))
    assert isinstance(error, ConnectionError)
    assert error.server == server.url
    assert isinstance(error.cause, ConnectionRefusedError)
    assert 0 < error.seconds <= config.nats.connect_timeout
    assert server.url in str(error)
    assert "refused" in str(error) or "111" in str(error)


def test_each_waiter_gets_an_error_of_its_own(server: NatsServer) -> None:
    server.kill()

    async def main() -> list[ConnectFailed]:
        return await asyncio.gather(*(failure(impatient(server.url)) for _ in range(10)))

    errors = asyncio.run(main())
    assert len({id(error) for error in errors}) == 10


def test_the_second_server_is_tried(server: NatsServer, nats_server: NatsServer) -> None:
    down = server.url
    server.kill()
    config = Config.for_servers(down, nats_server.url)

    async def main() -> None:
        for _ in range(5):
            await publish(config)
            await close_all()

    asyncio.run(main())


def test_a_stalled_server_fails_in_time(server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    config = impatient(server.url)
    server.suspend()
    with nothing_left(caplog):
        error = asyncio.run(failure(config))
    assert isinstance(error.cause, TimeoutError)
    server.resume()
    asyncio.run(publish(impatient(server.url, connect_timeout=LIMIT)))
    assert no_connection(server)


@pytest.mark.parametrize("size", [10, 500_000])
def test_a_program_ends_though_the_server_stalls(
    size: int, server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    config = impatient(server.url, connect_timeout=LIMIT)

    async def main() -> None:
        async with nats_connection(config) as conn:
            await conn.flush()
            server.suspend()
            for _ in range(20):
                await conn.publish("stalled", b"x" * size)

    with nothing_left(caplog):
        asyncio.run(asyncio.wait_for(main(), LIMIT))
    server.resume()
    assert no_connection(server)


def test_a_publish_that_waits_for_room_can_be_cancelled(server: NatsServer) -> None:
    config = impatient(server.url, connect_timeout=LIMIT, flush_timeout=LIMIT)

    async def flood(conn: Any) -> None:
        while True:
            await conn.publish("stalled", b"x" * 500_000)

    async def main() -> None:
        async with nats_connection(config) as conn:
            await conn.flush()
            server.suspend()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await flood(conn)
            server.resume()

    asyncio.run(main())


def test_a_stall_is_noticed_and_survived(server: NatsServer) -> None:
    """The stall is longer than the pings allow: the client closes the socket and connects again."""
    # Long enough for the answers to pings to arrive in time on a busy machine.
    config = impatient(server.url, connect_timeout=LIMIT, ping_interval=0.5, max_outstanding_pings=1)

    async def main() -> None:
        async with nats_connection(config) as conn:
            await conn.flush()
            server.suspend()
            for _ in range(10):
                await conn.publish("stalled", b"x" * 100_000)
            while conn.is_connected:
                await asyncio.sleep(0.01)
            server.resume()
            async with asyncio.timeout(LIMIT), nats_connection(impatient(server.url, connect_timeout=LIMIT - 1)) as other:
                await other.flush()
            while not conn.is_connected:
                await asyncio.sleep(0.01)
            await conn.flush()
            assert conn.stats["reconnects"] == 1

    asyncio.run(asyncio.wait_for(main(), LIMIT))
    assert no_connection(server)


def test_a_lease_waits_for_the_end_of_an_outage(server: NatsServer) -> None:
    config = impatient(server.url, connect_timeout=LIMIT)

    async def main() -> None:
        await publish(config)
        await killed(server)
        waiting = [asyncio.create_task(publish(config)) for _ in range(10)]
        await asyncio.sleep(0)
        assert "reconnecting" in repr(current_pool())
        server.start()
        await asyncio.gather(*waiting)
        assert len(server.connections()) == 1

    asyncio.run(asyncio.wait_for(main(), LIMIT))


def test_an_outage_that_lasts_fails_with_its_cause(server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    config = impatient(server.url, connect_timeout=2.0)

    async def main() -> None:
        await publish(config)
        await killed(server)
        error = await failure(config)
        assert isinstance(error.cause, ConnectionRefusedError)
        assert 2.0 <= error.seconds < LIMIT
        server.start()
        await publish(impatient(server.url, connect_timeout=LIMIT))

    with nothing_left(caplog):
        asyncio.run(main())
    assert no_connection(server)


def test_a_client_that_gave_up_is_replaced(server: NatsServer) -> None:
    config = impatient(server.url, connect_timeout=LIMIT, max_reconnect_attempts=1)

    async def main() -> None:
        async with nats_connection(config) as conn:
            server.kill()
            while not conn.is_closed:
                await asyncio.sleep(0.01)
            server.start()
            async with nats_connection(config) as other:
                await other.flush()
            with pytest.raises(nats.errors.ConnectionClosedError):
                await conn.publish("faults")

    asyncio.run(asyncio.wait_for(main(), LIMIT))


def test_a_client_whose_reader_died_connects_again(server: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with nats_connection(server.config) as conn:
            await conn.flush()
            # An answer without a request, to a future that cannot accept it.
            conn._ps.parse = None
            await conn.publish("faults")
            with pytest.raises((nats.errors.Error, TimeoutError)):
                await conn.flush(timeout=1)

    with caplog.at_level(logging.CRITICAL):
        asyncio.run(asyncio.wait_for(main(), LIMIT))


def test_nothing_is_lost_while_the_server_dies_and_comes_back(server: NatsServer) -> None:
    config = impatient(server.url, connect_timeout=LIMIT)
    total, at_once = 1000, 20

    async def store(number: int) -> None:
        while True:
            try:
                async with nats_jetstream(config) as (_, js):
                    identity = {"Nats-Msg-Id": str(number)}
                    await js.publish("kept", b"%d" % number, timeout=0.5, headers=identity)
                return
            except (nats.errors.Error, ConnectFailed):
                await asyncio.sleep(0.02)

    async def some(first: int) -> None:
        for number in range(first, total, at_once):
            await store(number)

    async def break_it() -> None:
        for _ in range(5):
            await asyncio.sleep(0.1)
            await asyncio.to_thread(server.restart)

    async def main() -> tuple[int, set[int]]:
        async with nats_jetstream(config) as (_, js):
            await js.add_stream(name="kept", subjects=["kept"])
        await asyncio.gather(break_it(), *map(some, range(at_once)))
        async with nats_jetstream(config) as (_, js):
            state = (await js.stream_info("kept")).state
            sub = await js.pull_subscribe("kept", stream="kept")
            return state.messages, {int(msg.data) for msg in await sub.fetch(total, timeout=30)}

    stored, numbers = asyncio.run(asyncio.wait_for(main(), 100))
    print(f"stored {stored} of {total} through 5 kills, lost {total - len(numbers)}, twice {stored - len(numbers)}")
    assert numbers == set(range(total))
    assert stored == total
    assert no_connection(server)


def test_a_message_over_the_limit_harms_nobody_else(nats_server: NatsServer) -> None:
    async def main() -> None:
        async with nats_connection(nats_server.config) as other:
            with pytest.raises(nats.errors.MaxPayloadError):
                async with nats_connection(nats_server.config) as conn:
                    await conn.publish("faults", b"x" * (conn.max_payload + 1))
            await other.flush()

    asyncio.run(main())


@pytest.mark.parametrize(("direction", "limits"), [("up", range(450)), ("down", range(700))])
def test_cut_at_any_byte(
    direction: str, limits: range, nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Each byte of the handshake and of what follows, on reconnecting too; the next lease, uncut, works."""

    async def usable(config: Config) -> bool:
        try:
            async with nats_connection(config) as conn:
                await conn.flush()
        except (ConnectFailed, nats.errors.Error):
            return False
        return True

    async def cut(limit: int) -> bool:
        proxy = CuttingProxy(nats_server, **{direction: limit})
        async with proxy.running():
            config = impatient(proxy.url, connect_timeout=0.5)
            try:
                async with asyncio.timeout(LIMIT), nats_connection(config) as conn:
                    await conn.flush(timeout=1)
                    await conn.request("$JS.API.INFO", timeout=0.2)
                passed = True
            except (ConnectFailed, nats.errors.Error):
                passed = False
            setattr(proxy, direction, None)
            # The client reconnects or is replaced, on a busy machine not always within half a second.
            async with asyncio.timeout(LIMIT):
                while not await usable(config):
                    pass
            for shared in current_pool().connections:
                if shared.settings.servers == config.nats.servers:
                    await current_pool().retire(shared)
            return passed

    async def main() -> list[bool]:
        results: list[bool] = []
        for start in range(0, len(limits), 50):
            results += await asyncio.gather(*map(cut, limits[start : start + 50]))
        return results

    with nothing_left(caplog):
        results = asyncio.run(main())
    assert not results[0]
    assert no_connection(nats_server)


def test_a_flush_that_waits_fails_when_the_connection_is_lost(server: NatsServer) -> None:
    async def main() -> None:
        async with nats_connection(impatient(server.url, connect_timeout=LIMIT)) as conn:
            await conn.flush()
            server.suspend()
            flushing = asyncio.create_task(conn.flush(timeout=LIMIT))
            await asyncio.sleep(0.05)
            server.kill()
            with pytest.raises(nats.errors.ConnectionReconnectingError):
                await flushing

    asyncio.run(asyncio.wait_for(main(), LIMIT))


@pytest.fixture(scope="module")
def guarded() -> Iterator[NatsServer]:
    """A server that requires authentication."""
    users = 'authorization { timeout: 60, users: [ {user: "me", password: "right-secret"}, {user: "you", password: "other"} ] }'
    with NatsServer(ServerOptions(extra=users)) as server:
        yield server


def test_right_credentials(guarded: NatsServer) -> None:
    asyncio.run(publish(impatient(guarded.url, user="me", password="right-secret", connect_timeout=LIMIT)))
    with_them = guarded.url.replace("//", "//me:right-secret@")
    asyncio.run(publish(impatient(with_them, connect_timeout=LIMIT)))


def test_wrong_credentials(guarded: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    config = impatient(guarded.url, user="me", password="wrong-secret", connect_timeout=LIMIT)
    with caplog.at_level(logging.DEBUG):
        error = asyncio.run(failure(config))
    assert "Authorization Violation" in str(error)
    assert guarded.url in str(error)
    assert "wrong-secret" not in f"{error} {error!r} {caplog.text}"
    assert no_connection(guarded)


def test_credentials_are_never_shared(guarded: NatsServer) -> None:
    def known_as(**credentials: str) -> Config:
        return impatient(guarded.url, connect_timeout=LIMIT, **credentials)

    async def main() -> None:
        async with nats_connection(known_as(user="me", password="right-secret")) as conn:
            await conn.flush()
            for credentials in ({"user": "me", "password": "wrong-secret"}, {}):
                assert "Authorization Violation" in str(await failure(known_as(**credentials)))
            async with nats_connection(known_as(user="you", password="other")) as other:
                assert other.client_id != conn.client_id

    asyncio.run(main())
