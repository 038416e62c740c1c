"""The deprecated functions: they warn, and work as before."""

from __future__ import annotations

import asyncio

import nats
import nats.errors
import pytest

from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection, nats_connection
from naq.errors import ConnectFailed, ConnectionReleased
from naq.testing import NatsServer
from support.leftovers import no_connection, nothing_left

pytestmark = pytest.mark.filterwarnings("ignore:(get|close)_.* is deprecated:DeprecationWarning")


def test_each_call_opens_a_connection_that_the_caller_closes(
    nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        one = await get_nats_connection(nats_server.url)
        two = await get_nats_connection(nats_server.url)
        try:
            assert isinstance(one, nats.NATS)
            assert one.client_id != two.client_id
            js = await get_jetstream_context(one)
            assert (await js.account_info()).memory >= 0
        finally:
            await close_nats_connection(one)
            await close_nats_connection(two)
        assert one.is_closed
        await close_nats_connection(one)
        with pytest.raises(nats.errors.ConnectionClosedError):
            await one.publish("byhand")

    with nothing_left(caplog):
        asyncio.run(main())
    assert no_connection(nats_server)


def test_they_warn(nats_server: NatsServer) -> None:
    async def main() -> None:
        with pytest.warns(DeprecationWarning, match=r"write `async with nats_connection\(config\) as conn`") as caught:
            nc = await get_nats_connection(nats_server.url)
        assert caught[0].filename == __file__
        with pytest.warns(DeprecationWarning, match="nats_jetstream") as caught:
            await get_jetstream_context(nc)
        assert caught[0].filename == __file__
        with pytest.warns(DeprecationWarning, match="nats_connection") as caught:
            await close_nats_connection(nc)
        assert caught[0].filename == __file__

    asyncio.run(main())


def test_the_url_may_come_from_the_settings(nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAQ_NATS__SERVERS", nats_server.url)

    async def main() -> None:
        nc = await get_nats_connection()
        await close_nats_connection(nc)

    asyncio.run(main())


def test_a_server_that_is_down() -> None:
    with pytest.raises(ConnectFailed, match=r"nats://127\.0\.0\.1:1 "):
        asyncio.run(get_nats_connection("nats://127.0.0.1:1"))


def test_closing_a_connection_of_nats_py(nats_server: NatsServer) -> None:
    async def main() -> None:
        nc = await nats.connect(nats_server.url)
        await close_nats_connection(nc)
        assert nc.is_closed

    asyncio.run(main())


def test_closing_a_leased_connection_ends_the_lease_only(nats_server: NatsServer) -> None:
    async def main() -> None:
        async with nats_connection(nats_server.config) as ours, nats_connection(nats_server.config) as theirs:
            await close_nats_connection(ours)
            with pytest.raises(ConnectionReleased):
                await ours.publish("byhand")
            await theirs.flush()

    asyncio.run(main())
