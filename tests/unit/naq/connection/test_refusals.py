"""The caller gets the error message of a server that refuses the connection, whatever its socket does afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlparse

import nats.errors
import pytest
from nats.aio.transport import TcpTransport

from naq.config import Config, NatsConfig
from naq.connection import nats_connection
from naq.connection.client import PooledClient
from naq.connection.handshake import OneBreathTransport
from naq.errors import ConnectFailed
from naq.testing import NatsServer, ServerOptions
from support.leftovers import no_connection, nothing_left

INFO = b"INFO " + json.dumps({"server_id": "x", "version": "2.12.0", "max_payload": 1000}).encode() + b"\r\n"
REFUSAL = b"-ERR 'Not Today'\r\n"
# Close with a reset instead of a farewell.
RESET = struct.pack("ii", 1, 0)


class Doorman:
    """Greets and refuses the first connections, in a given order; later connections are reset at once."""

    def __init__(self, *, before_connect: bool, reset: bool, refusals: int = 100) -> None:
        self.before_connect = before_connect
        self.reset = reset
        self.refusals = refusals
        self.received: list[bytes] = []
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Doorman]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            self.url = f"nats://127.0.0.1:{listener.getsockname()[1]}"
            serving = asyncio.create_task(self._serve(listener))
            try:
                yield self
            finally:
                serving.cancel()
                await asyncio.wait({serving})

    async def _serve(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(listener)
            with client:
                client.setblocking(False)
                if self.refusals > 0:
                    self.refusals -= 1
                    await self._refuse(client)
                if self.reset:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    async def _refuse(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(client, INFO + REFUSAL * self.before_connect)
        if not self.before_connect:
            self.received.append(await loop.sock_recv(client, 65536))
            await loop.sock_sendall(client, REFUSAL)


async def refusal(url: str) -> ConnectFailed:
    with pytest.raises(ConnectFailed) as caught:
        await PooledClient(NatsConfig(servers=(url,), connect_timeout=30.0)).open()
    return caught.value


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("before_connect", [False, True], ids=["after CONNECT", "before CONNECT"])
def test_the_refusal_outlives_its_socket(before_connect: bool, reset: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Doorman(before_connect=before_connect, reset=reset).running() as doorman:
            error = await refusal(doorman.url)
            assert type(error.cause) is nats.errors.Error
            assert str(error.cause) == "nats: 'Not Today'"

    with nothing_left(caplog):
        asyncio.run(main())


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_the_refusal_outlives_a_second_attempt_that_hears_none(reset: bool) -> None:
    async def main() -> None:
        async with Doorman(before_connect=False, reset=reset, refusals=1).running() as doorman:
            assert str((await refusal(doorman.url)).cause) == "nats: 'Not Today'"

    asyncio.run(main())


def test_connect_and_ping_go_together() -> None:
    """A server that refuses the single write gets no second write, whose reset would hide its error message."""

    async def main() -> None:
        async with Doorman(before_connect=False, reset=False).running() as doorman:
            await refusal(doorman.url)
            assert [data.count(b"\r\n") for data in doorman.received] == [2, 2]
            assert all(data.endswith(b"}\r\nPING\r\n") for data in doorman.received)

    asyncio.run(main())


def test_a_real_server_without_room(caplog: pytest.LogCaptureFixture) -> None:
    """The server greets and refuses in one write, before the client has sent anything."""

    async def main(config: Config) -> None:
        async with nats_connection(config) as conn:
            errors = await asyncio.gather(*(refusal(config.nats.servers[0]) for _ in range(50)))
            assert {str(error.cause) for error in errors} == {"nats: 'maximum connections exceeded'"}
            await conn.flush()

    with NatsServer(ServerOptions(extra="max_connections: 1")) as server:
        with nothing_left(caplog):
            asyncio.run(main(server.config))
        assert no_connection(server)


def test_a_real_server_that_knows_nobody(caplog: pytest.LogCaptureFixture) -> None:
    # Otherwise the server reports a timeout of clients that have sent nothing for two seconds.
    async def main(url: str) -> set[str]:
        return {str(error.cause) for error in await asyncio.gather(*(refusal(url) for _ in range(100)))}

    with NatsServer(ServerOptions(extra="authorization { token: secret, timeout: 60 }")) as server, nothing_left(caplog):
        assert asyncio.run(main(server.url)) == {"nats: 'Authorization Violation'"}


def test_an_old_refusal_does_not_hide_a_later_outage() -> None:
    """While it reconnects, a client reports the last attempt: a server that refused it earlier may be down by now."""

    async def main(server: NatsServer) -> None:
        limits = {"connect_timeout": 1.0, "reconnect_time_wait": 0.02}
        config = Config(nats=NatsConfig(servers=(server.url,), token="old", **limits))
        open_door, other_lock = server.options, replace(server.options, extra="authorization { token: new }")

        async def told(*kinds: type[Exception]) -> None:
            async with asyncio.timeout(50):
                while type((await reason(config)).cause) not in kinds:
                    await asyncio.sleep(0.01)

        async with nats_connection(config) as conn:
            await asyncio.to_thread(server.kill)
            server.options = other_lock
            await asyncio.to_thread(server.start)
            await told(nats.errors.Error)
            await asyncio.to_thread(server.kill)
            await told(ConnectionRefusedError)
            server.options = open_door
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(50):
                while not conn.is_connected:
                    await asyncio.sleep(0.01)

    with NatsServer(ServerOptions(extra="authorization { token: old }")) as server:
        asyncio.run(main(server))


async def reason(config: Config) -> ConnectFailed:
    with pytest.raises(ConnectFailed) as caught:
        async with nats_connection(config):
            pytest.fail("the block was entered")
    return caught.value


def test_what_is_written_to_a_closed_socket_leaves_nothing_behind() -> None:
    """Python 3.12 and 3.13 watch its descriptor from then on, and never read the next socket with this descriptor."""

    async def write_after_abort() -> int:
        async with await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            plain = TcpTransport()
            await plain.connect(urlparse(f"nats://127.0.0.1:{port}"), buffer_size=1024, connect_timeout=5)
            transport = OneBreathTransport(plain)
            number: int = transport._io_writer.get_extra_info("socket").fileno()
            transport._io_writer.transport.abort()
            transport.writelines([b"PING\r\n"])
            for _ in range(3):
                await asyncio.sleep(0)
            return number

    loop = asyncio.SelectorEventLoop()
    try:
        number = loop.run_until_complete(write_after_abort())
        assert number not in loop._selector.get_map()
    finally:
        loop.close()
