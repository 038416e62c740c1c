"""One test for each defect of nats-py's client that `naq.connection.client` corrects."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from urllib.parse import urlparse

import nats
import nats.errors
import pytest
from nats.aio.client import Client, Srv
from nats.aio.msg import Msg
from nats.aio.transport import TcpTransport

from naq.config import Config, NatsConfig, TlsConfig
from naq.connection import closing, nats_connection, sockets
from naq.connection.client import PooledClient, subscribe_directly
from naq.connection.handshake import OneBreathTransport
from naq.connection.options import wants_tls
from naq.errors import ConfigError, ConnectFailed
from naq.testing import NatsServer
from naq_support.aio import on_loop
from support.leftovers import nothing_left, open_sockets

INFO = json.dumps({"server_id": "x", "version": "2.12.0", "max_payload": 1000, "headers": True}).encode()


class Script:
    """A server that behaves as a test needs, and keeps what it has received."""

    def __init__(self) -> None:
        self.received = b""
        self.silent = False
        self.deaf = False
        self.url = ""
        self._writers: list[asyncio.StreamWriter] = []
        self._serving: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Script]:
        listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            listener.close()
            await self.hang_up()

    async def hang_up(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._writers.clear()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            return
        writer.write(b"INFO " + INFO + b"\r\n")
        while line := await reader.readline():
            if self.deaf:
                await asyncio.Event().wait()
            self.received += line
            if line == b"PING\r\n" and not self.silent:
                writer.write(b"PONG\r\n")

    def pong(self) -> None:
        """Answer a PING that was kept waiting."""
        for writer in self._writers:
            writer.write(b"PONG\r\n")


@contextlib.asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[PooledClient]:
    limits: dict[str, Any] = {"connect_timeout": 20.0, "flush_timeout": 5.0, "reconnect_time_wait": 0.02}
    client = PooledClient(NatsConfig(servers=(url,), **{**limits, **settings}))
    await client.open()
    try:
        yield client
    finally:
        await client.finish()


def test_a_flush_that_is_cut_does_not_end_the_reader() -> None:
    async def main() -> None:
        async with Script().running() as server, opened(server.url) as client:
            server.silent = True
            with pytest.raises(TimeoutError):
                await client.flush(timeout=0.05)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.flush(), 0.05)
            server.pong()
            server.pong()
            server.silent = False
            await client.flush()
            assert client.alive
            assert not client._pongs

    asyncio.run(main())


def test_a_flush_comes_after_what_was_published() -> None:
    async def main() -> None:
        async with Script().running() as server, opened(server.url) as client:
            server.received = b""
            await client.publish("one", b"1")
            await client.publish("two", b"2")
            await client.flush()
            assert server.received == b"PUB one  1\r\n1\r\nPUB two  1\r\n2\r\nPING\r\n"

    asyncio.run(main())


def test_a_greeting_cut_in_the_middle_does_not_end_the_reconnecting() -> None:
    async def main() -> None:
        async with Script().running() as server, opened(server.url) as client:

            async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(b"INFO")
                await writer.drain()
                writer.close()
                greeted.set()

            greeted = asyncio.Event()
            whole, server._serve = server._serve, half  # type: ignore[method-assign]
            await server.hang_up()
            await greeted.wait()
            server._serve = whole  # type: ignore[method-assign]
            async with asyncio.timeout(20):
                while not isinstance(client.troubles.cause, ValueError):
                    await asyncio.sleep(0)
                assert client.is_reconnecting
                while not client.alive:
                    await asyncio.sleep(0.01)
            await client.flush()

    asyncio.run(main())


def test_a_handshake_that_hangs_while_reconnecting_leaves_no_socket(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Script().running() as server, opened(server.url) as client:
            # A short limit for the attempts that hang; the first attempt must also succeed on a busy machine.
            client.options["connect_timeout"] = 0.05
            server.silent = True
            await server.hang_up()
            for _ in range(3):
                client.troubles.cause = None
                while client.troubles.cause is None:
                    await asyncio.sleep(0.01)
            # The listener, and one connection, seen from both ends; what the server holds beyond that is the client's past.
            ours = [one for one in sockets.transports_of(client) if not one.is_closing()]
            assert len(ours) <= 1
            assert len(open_sockets()) <= before + 1 + 1 + len(server._writers)

    before = len(open_sockets())
    with nothing_left(caplog):
        asyncio.run(main())


def test_an_error_in_parsing_does_not_leave_a_deaf_client() -> None:
    async def main() -> None:
        async with Script().running() as server, opened(server.url) as client:
            original = client._ps.parse

            async def broken(data: bytes) -> None:
                client._ps.parse = original
                raise RuntimeError("in parsing")

            client._ps.parse = broken
            with pytest.raises(nats.errors.ConnectionReconnectingError):
                await client.flush()
            async with asyncio.timeout(20):
                while not client.alive:
                    await asyncio.sleep(0.01)
            await client.flush()

    asyncio.run(main())


@pytest.mark.parametrize(
    "answer", [b"", b"INFO", b"INFO {", b"INFO {}\r\n", b"HTTP/1.1 400 Bad\r\n\r\n", b"\xff" * 70_000]
)
def test_a_server_that_is_none(answer: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                writer.write(answer)
                await writer.drain()
            writer.close()

        listener = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"nats://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        with pytest.raises(ConnectFailed, match=url) as caught:
            await PooledClient(NatsConfig(servers=(url,), connect_timeout=5.0)).open()
        assert caught.value.cause is not None
        listener.close()
        await listener.wait_closed()

    with nothing_left(caplog):
        asyncio.run(main())


def test_a_cancelled_connect_leaves_no_socket(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Script().running() as server:
            server.silent = True
            task = asyncio.create_task(PooledClient(NatsConfig(servers=(server.url,))).open())
            while not server._writers:
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with nothing_left(caplog):
        asyncio.run(main())


def test_the_budget_for_reconnecting_is_the_settings(nats_server: NatsServer) -> None:
    async def main() -> None:
        async with opened(nats_server.url, max_reconnect_attempts=7, reconnect_time_wait=3.0) as client:
            assert client.options["max_reconnect_attempts"] == 7
            assert client.options["reconnect_time_wait"] == 3.0
            assert client.options["connect_timeout"] == 20.0

    asyncio.run(main())


def test_finishing_waits_for_handlers_but_not_for_ever(nats_server: NatsServer) -> None:
    handled = []

    async def handle(msg: Any) -> None:
        await asyncio.sleep(0.001)
        handled.append(msg.data)

    async def never(msg: Any) -> None:
        await asyncio.sleep(3600)

    async def main() -> None:
        async with opened(nats_server.url, drain_timeout=1.5) as client:
            await client.subscribe("finish", cb=handle)
            await client.subscribe("finish.none")
            for _ in range(50):
                await client.publish("finish", b"x")
                await client.publish("finish.none", b"x")
            await client.subscribe("finish.never", cb=never)
            await client.publish("finish.never", b"x")

    asyncio.run(main())
    assert len(handled) == 50


def test_credentials_that_nats_py_would_read_for_ever(tmp_path: Any) -> None:
    path = tmp_path / "user.creds"
    path.write_text("nothing of use\n")
    for named, expected in ((path, "expected a .creds file"), (tmp_path / "none", "expected a readable .creds file")):
        with pytest.raises(ConfigError, match=expected):
            asyncio.run(PooledClient(Config(nats=NatsConfig(credentials=named)).nats).open())


def test_a_wait_for_the_socket_that_is_cancelled_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio's streams have one future for all tasks that wait for the end of a socket; cancelling one cancels it."""

    async def wait_and_lose_patience(wait_closed: Callable[[], Coroutine[Any, Any, None]]) -> None:
        waiting = asyncio.create_task(wait_closed())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait({waiting})

    async def main() -> None:
        async with Script().running() as server, opened(server.url) as client, asyncio.timeout(20):
            await wait_and_lose_patience(client._transport.wait_closed)
            await server.hang_up()
            # `alive` alone may be true again before this test reads it.
            while not (client.alive and client.stats["reconnects"]):
                await asyncio.sleep(0.001)
            await client.flush()
            # As the end of the loop does, which cancels all tasks.
            await wait_and_lose_patience(client._transport._io_writer.wait_closed)
            await client.finish()
            assert client.is_closed

    with nothing_left(caplog):
        asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "tls", "wanted"),
    [
        ("nats://a", None, False),
        ("nats://a", TlsConfig(), True),
        ("tls://a", None, True),
        ("ws://a", TlsConfig(), True),
        ("wss://a", TlsConfig(), False),  # the WebSocket is encrypted below
    ],
)
def test_who_wants_tls(url: str, tls: TlsConfig | None, wanted: bool) -> None:
    client = PooledClient(NatsConfig(tls=tls))
    client._current_server = Srv(urlparse(url))
    assert wants_tls(client._current_server, client.settings) is wanted


def test_a_transport_without_a_socket_is_not_encrypted() -> None:
    assert not OneBreathTransport(TcpTransport()).secured


@on_loop
async def test_a_task_of_the_client_is_started_again_where_it_has_ended() -> None:
    async with Script().running() as server, opened(server.url) as client:
        await client.flush()  # both tasks have begun
        reader, writer = client._reading_task, client._flusher_task
        closing.revive(client)
        assert (client._reading_task, client._flusher_task) == (reader, writer)
        for task in (reader, writer):
            assert task is not None
            task.cancel()
        await asyncio.wait({reader, writer})
        assert client.is_connected  # that the reader was cancelled says nothing against the connection
        closing.revive(client)
        assert not client._reading_task.done()
        assert not client._flusher_task.done()
        await client.flush()


@on_loop
async def test_what_was_published_is_sent_after_the_end_of_the_loop_has_cancelled_the_tasks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Script().running() as server:
        async with opened(server.url) as client:
            await client.flush()
            for task in (client._reading_task, client._flusher_task):
                assert task is not None
                task.cancel()
                await asyncio.wait({task})
            await client.publish("last", b"1")
        assert b"PUB last  1\r\n1\r\nPING\r\n" in server.received
    # Without a reader, the wait for the answer to this PING would take the whole time limit.
    assert caplog.text == ""


@on_loop
async def test_a_request_that_has_ended_is_forgotten(nats_server: NatsServer) -> None:
    async with opened(nats_server.url) as client:
        await client.subscribe("silent")
        with pytest.raises(nats.errors.NoRespondersError):
            await client.request("deserted")
        with pytest.raises(nats.errors.TimeoutError):
            await client.request("silent", timeout=0.05)
        assert client._requests._waiting == {}


@on_loop
async def test_the_end_of_a_connection_without_its_pong_is_no_error_of_a_task() -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    async with Script().running() as server, opened(server.url) as client:
        server.silent = True
        await client._send_ping()
        client._pongs.pop().set_exception(nats.errors.StaleConnectionError())
        await asyncio.sleep(0)
        gc.collect()
        server.silent = False
    assert reported == []


@on_loop
async def test_a_step_that_another_task_interrupts_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    async def interrupted() -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    async with Script().running() as server, opened(server.url) as client:
        with caplog.at_level(logging.DEBUG, "naq"):
            await closing.within(5, interrupted, client.settings)
    assert "interrupted() was interrupted while closing" in caplog.text


@on_loop
async def test_bytes_that_a_peer_does_not_read_do_not_delay_the_reconnect() -> None:
    async with Script().running() as server, opened(server.url) as client, asyncio.timeout(20):
        server.deaf = True
        transport = client._transport._io_writer.transport
        transport.write(b"PUB a 0\r\n\r\n" + bytes(32 << 20))
        assert transport.get_write_buffer_size()
        await client._process_op_err(nats.errors.StaleConnectionError())
        server.deaf = False
        while not (client.alive and client.stats["reconnects"]):
            await asyncio.sleep(0.001)
        await client.flush()


@on_loop
async def test_the_wait_for_the_socket_ends_with_the_socket() -> None:
    async with Script().running() as server, opened(server.url) as client:
        transport = client._transport
        transport.close()
        await transport.wait_closed()
        assert transport._io_writer._protocol._get_close_waiter(transport._io_writer).done()


@pytest.mark.parametrize(
    "raw",
    [
        b"Nats-TTL: 5s\r\nA:1\r\n\r\n",
        b"Name:\tvalue \r\nNo colon\r\n: no name\r\n",
        b"two words: 1\r\n spaced : a: b\r\nb\x0bc: 1\r\n\x1cd: 1\r\n",
        "Ä: 1\r\nA: Ä\r\n".encode() + b"B: \xff\r\n",
        b"Twice: 1\r\nTwice: 2\r\n\r\n",
    ],
)
def test_the_headers_found_are_those_that_nats_py_finds(raw: bytes) -> None:
    assert PooledClient._parse_header_lines(raw) == Client._parse_header_lines(raw)


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"Nats-Msg-Id": "default.1", "Nats-TTL": "5s"},
        {"A": "", "B": "Ä €", "C": "a  b: c"},
        {"A": "two\r\nlines", "B": "\x00"},
        {" A ": " trimmed "},
        {"a_b!": "1", "": "no name"},
    ],
)
def test_what_is_sent_is_what_nats_py_sends(headers: dict[str, str] | None) -> None:
    async def sent(client: Client, payload: bytes) -> list[bytes]:
        await client._send_publish("a.b", "reply", payload, len(payload), headers)
        assert (client.stats["out_msgs"], client.stats["out_bytes"]) == (1, len(payload))
        assert client._pending_data_size == sum(map(len, client._pending))
        return client._pending

    async def main(payload: bytes) -> None:
        assert await sent(PooledClient(NatsConfig()), payload) == await sent(Client(), payload)

    for payload in (b"", b"x" * 300, bytearray(b"y")):
        asyncio.run(main(payload))


@pytest.mark.parametrize("headers", [{"two words": "1"}, {"A": 1}, {"A": "\ud800"}, {"A\n": "1", "B:": "2"}])
def test_headers_that_nats_py_refuses_are_refused(headers: dict[str, Any]) -> None:
    errors = []
    for client in (PooledClient(NatsConfig()), Client()):
        with pytest.raises((nats.errors.Error, AttributeError, ValueError)) as caught:
            asyncio.run(client._send_publish("a.b", "", b"", 0, headers))
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0] == errors[1]


def test_an_answer_to_a_flush_that_was_given_up_is_a_sign_of_life() -> None:
    async def main() -> None:
        client = PooledClient(NatsConfig())
        given_up: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        given_up.cancel()
        client._pongs, client._pings_outstanding = [given_up], 2
        await client._process_pong()
        assert (client._pongs, client._pings_outstanding) == ([], 0)

    asyncio.run(main())


@on_loop
async def test_answers_are_handed_over_by_the_reader(nats_server: NatsServer) -> None:
    """The reader calls the receiver of the message itself, without a task or a step of the loop in between."""
    async with opened(nats_server.url) as client:
        taken: list[tuple[str, bytes, dict[str, str] | None, asyncio.Task[Any] | None]] = []

        def take(msg: Msg) -> None:
            taken.append((msg.subject, msg.data, msg.headers, asyncio.current_task()))

        await client.receivers.subscribe("answers.*", take)
        before = dict(client.stats)
        await client.publish("answers.1", b"one")
        await client.publish("answers.2", b"two", headers={"Name": "value"})
        await client.flush()
        reader = client._reading_task
        assert taken == [("answers.1", b"one", None, reader), ("answers.2", b"two", {"Name": "value"}, reader)]
        assert client.stats["in_msgs"] == before["in_msgs"] + 2
        assert client.stats["in_bytes"] == before["in_bytes"] + 6


@on_loop
async def test_a_leased_connection_hands_messages_over_in_the_same_way(naq_config: Config) -> None:
    """Its subscription ends with the block."""
    taken: list[tuple[bytes, str]] = []

    def take(msg: Msg) -> None:
        task = asyncio.current_task()
        taken.append((msg.data, str(task and task.get_coro().__qualname__)))

    async with nats_connection(naq_config) as outer:
        async with nats_connection(naq_config) as connection:
            await subscribe_directly(connection, "answers", take)
            await outer.publish("answers", b"one")
            await outer.flush()
        await outer.publish("answers", b"two")
        await outer.flush()
        client = outer._behind()
        assert taken == [(b"one", "PooledClient._read_loop")]
        assert len(client.receivers) == 0


@on_loop
async def test_a_connection_of_nats_py_hands_messages_over_by_a_task(nats_server: NatsServer) -> None:
    async with await nats.connect(nats_server.url) as connection:
        taken: list[bytes] = []
        subscription = await subscribe_directly(connection, "answers", lambda msg: taken.append(msg.data))
        await connection.publish("answers", b"one")
        await connection.flush()
        await subscription.drain()
        await connection.publish("answers", b"late")
        await connection.flush()
        assert taken == [b"one"]


@on_loop
async def test_a_receiver_that_raises_does_not_end_the_reader(
    nats_server: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(nats_server.url) as client:
        taken: list[bytes] = []

        def take(msg: Msg) -> None:
            if msg.data == b"bad":
                raise LookupError("no receiver for this")
            taken.append(msg.data)

        subscription = await client.receivers.subscribe("answers", take)
        for payload in (b"bad", b"good"):
            await client.publish("answers", payload)
        await client.flush()
        assert taken == [b"good"]
        assert "a message of b'answers' is lost" in caplog.text
        await subscription.drain()
        await client.publish("answers", b"late")
        await client.flush()
        assert (taken, len(client.receivers)) == ([b"good"], 0)


@on_loop
async def test_what_is_published_is_what_nats_py_publishes(nats_server: NatsServer) -> None:
    """The same bytes, and the same errors, whether `publish` adds to the buffer itself or leaves it to nats-py."""
    given: list[tuple[Any, ...]] = [
        ("a.b", b"x"),
        ("a.b", b"x", "reply"),
        ("a.b", bytearray(b"xy"), "", {"Nats-TTL": "5s"}),
        ("a.b", b"", "reply", {}),
        ("a.b", b"", "", {"A": "two\r\nlines"}),
        ("", b"x"),
        ("a b", b"x"),
        ("a", b"x", "b\r\nPUB c 0"),
        ("a", b"x" * 2_000_000),
        ("a", b"x", "", {"two words": "1"}),
    ]

    async def outcome(client: Client, call: tuple[Any, ...]) -> object:
        client._pending, client._pending_data_size = [], 0
        try:
            await client.publish(*call)
        except nats.errors.Error as error:
            return type(error), str(error)
        return client._pending, client._pending_data_size, client.stats["out_msgs"], client.stats["out_bytes"]

    plain = Client()
    await plain.connect(nats_server.url)
    try:
        async with opened(nats_server.url) as client:
            for call in given:
                assert await outcome(client, call) == await outcome(plain, call), call[:2]
            client._status = plain._status = Client.DRAINING_PUBS
            assert await outcome(client, given[0]) == await outcome(plain, given[0])
            client._status = plain._status = Client.CONNECTED
            client._pending, plain._pending = [], []
    finally:
        await plain.close()


@on_loop
async def test_what_is_published_in_one_step_is_written_at_once(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop writes as long as the socket accepts data; then nats-py's task writes, which waits for the socket."""
    async with opened(nats_server.url) as client:
        writes: list[int] = []
        transport: Any = client._transport
        writelines = transport.writelines

        def counted(lines: list[bytes]) -> None:
            writes.append(len(lines))
            writelines(lines)

        monkeypatch.setattr(transport, "writelines", counted)
        for _ in range(10):
            await client.publish("subject", b"x")
        assert writes == []
        await asyncio.sleep(0)
        assert writes == [10]
        assert client._pending_data_size == 0
        with monkeypatch.context() as full:
            full.setattr(transport._io_writer.transport, "get_write_buffer_size", lambda: 1)
            queue: Any = client._flush_queue
            await client.publish("subject", b"x")
            assert queue.qsize() == 1
        await client.flush()
        assert sum(writes) == 11


@on_loop
async def test_nothing_is_written_by_the_loop_once_the_connection_is_lost(nats_server: NatsServer) -> None:
    async with opened(nats_server.url, reconnect_time_wait=0.05) as client:
        heard = asyncio.Event()
        await client.receivers.subscribe("subject", lambda _: heard.set())
        await client.flush()
        await client.publish("subject", b"x")
        client._status = Client.RECONNECTING
        await asyncio.sleep(0)
        assert client._pending
        client._status = Client.CONNECTED
        await client.flush()
        assert heard.is_set()
