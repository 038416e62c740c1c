"""The server as a child process, which `naq server` and the fixtures use."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nats.errors
import pytest

from naq.connection import nats_connection, nats_jetstream
from naq.errors import ServerNotFound, ServerStartFailed
from naq.server import NatsServer, ServerOptions, find_server


def test_it_starts_answers_and_stops() -> None:
    async def ask(server: NatsServer) -> None:
        async with nats_jetstream(server.config) as (_, js):
            await js.account_info()

    server = NatsServer()
    assert not server.running
    with server:
        asyncio.run(ask(server))
        assert server.url.startswith("nats://127.0.0.1:")
        assert server.opened_connections() == 1
        assert "Server is ready" in server.log
        folder = server._folder
        assert folder is not None
        assert folder.exists()
    assert not server.running
    assert not folder.exists()
    server.stop()


def test_what_was_stored_survives_a_kill(tmp_path: Path) -> None:
    async def store(server: NatsServer) -> None:
        async with nats_jetstream(server.config) as (_, js):
            await js.add_stream(name="kept", subjects=["kept"])
            await js.publish("kept", b"x")

    async def count(server: NatsServer) -> int:
        async with nats_jetstream(server.config) as (_, js):
            return (await js.stream_info("kept")).state.messages

    with NatsServer(ServerOptions(store=tmp_path)) as server:
        asyncio.run(store(server))
        port = server.port
        server.restart()
        assert server.port == port
        assert asyncio.run(count(server)) == 1
    with NatsServer(ServerOptions(store=tmp_path)) as server:
        assert asyncio.run(count(server)) == 1


def test_without_jetstream() -> None:
    async def ask(server: NatsServer) -> None:
        async with nats_jetstream(server.config) as (_, js):
            with pytest.raises(nats.errors.Error):
                await js.account_info()

    with NatsServer(ServerOptions(jetstream=False, monitor_port=None)) as server:
        asyncio.run(ask(server))


def test_a_suspended_server_does_not_answer_until_it_is_resumed() -> None:
    async def ask(server: NatsServer) -> None:
        async with nats_connection(server.config) as conn:
            await conn.flush()
            server.suspend()
            with pytest.raises(nats.errors.TimeoutError):
                await conn.flush(timeout=0.1)
            server.resume()
            await conn.flush()

    with NatsServer() as server:
        asyncio.run(ask(server))
        server.suspend()


@pytest.mark.parametrize("options", [ServerOptions(extra="users {"), ServerOptions(extra="nonsense: 1")])
def test_a_configuration_that_is_refused(options: ServerOptions) -> None:
    server = NatsServer(options)
    with pytest.raises(ServerStartFailed, match="nats-server"):
        server.start()
    assert not server.running
    assert server._folder is None


def test_a_port_that_is_taken(nats_server: NatsServer) -> None:
    with pytest.raises(ServerStartFailed, match="address already in use"):
        NatsServer(ServerOptions(port=nats_server.port)).start()


def test_no_executable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert find_server().is_file()
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerNotFound, match=r"pip install 'naq\[server\]'"):
        find_server()


def test_commands_of_a_server_that_does_not_run() -> None:
    server = NatsServer()
    with pytest.raises(ServerStartFailed, match="not running"):
        server.suspend()
    assert server.log == ""
