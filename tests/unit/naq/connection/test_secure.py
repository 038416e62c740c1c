"""Connections with TLS, keys and WebSockets, against real servers that require them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import nkeys
import pytest
import trustme

from naq.config import Config, NatsConfig, TlsConfig
from naq.connection import current_pool, nats_connection, nats_jetstream
from naq.errors import ConfigError, ConnectFailed
from naq.testing import NatsServer, ServerOptions
from naq_support.aio import on_loop, until
from support.leftovers import no_connection, nothing_left


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates: of an authority, of a server, of a client."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name, identity in (("server", "127.0.0.1"), ("client", "client@example.org")):
        issued = authority.issue_cert(identity)
        issued.private_key_pem.write_to_path(folder / f"{name}-key.pem")
        issued.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
    return folder


@pytest.fixture(scope="module")
def guarded(folder: Path) -> Iterator[NatsServer]:
    """A server that talks TLS only, to clients with a certificate."""
    tls = (
        f"tls {{ cert_file: '{folder}/server.pem', key_file: '{folder}/server-key.pem', "
        f"ca_file: '{folder}/ca.pem', verify: true }}"
    )
    with NatsServer(ServerOptions(extra=tls)) as server:
        yield server


def secured(server: NatsServer, tls: TlsConfig | None, seconds: float = 30.0) -> Config:
    return Config(nats=NatsConfig(servers=(server.url,), tls=tls, connect_timeout=seconds))


async def publish(config: Config) -> None:
    async with nats_connection(config) as conn:
        for _ in range(100):
            await conn.publish("secure", b"x" * 1000)
        await conn.flush()
        await conn.publish("secure", b"last")


def test_tls(guarded: NatsServer, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    tls = TlsConfig(ca_file=folder / "ca.pem", cert_file=folder / "client.pem", key_file=folder / "client-key.pem")
    with nothing_left(caplog):
        asyncio.run(publish(secured(guarded, tls)))
    assert no_connection(guarded)


def test_a_server_that_is_not_trusted(guarded: NatsServer, caplog: pytest.LogCaptureFixture) -> None:
    with nothing_left(caplog), pytest.raises(ConnectFailed) as caught:
        asyncio.run(publish(secured(guarded, TlsConfig(), 120.0)))
    assert isinstance(caught.value.cause, ssl.SSLCertVerificationError)
    # The error comes at once, not at the end of the time for connecting.
    assert caught.value.seconds < 60
    assert no_connection(guarded)


@pytest.mark.parametrize("first", [False, True])
@on_loop
async def test_a_server_whose_certificate_becomes_valid_again(tmp_path: Path, first: bool) -> None:
    """A client that reconnects meanwhile continues to try."""
    authorities = [trustme.CA(), trustme.CA()]
    authorities[0].cert_pem.write_to_path(tmp_path / "ca.pem")

    def issue(authority: trustme.CA) -> None:
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_pem.write_to_path(tmp_path / "key.pem")
        issued.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")

    issue(authorities[0])
    options = f"cert_file: '{tmp_path}/server.pem', key_file: '{tmp_path}/key.pem', handshake_first: {str(first).lower()}"
    with NatsServer(ServerOptions(extra=f"tls {{ {options} }}")) as server:
        tls = TlsConfig(ca_file=tmp_path / "ca.pem", handshake_first=first)
        settings = NatsConfig(servers=(server.url,), tls=tls, connect_timeout=60.0, reconnect_time_wait=0.05)
        async with nats_connection(Config(nats=settings)) as conn:
            (shared,) = current_pool().connections
            issue(authorities[1])
            await asyncio.to_thread(server.restart)
            await until(lambda: isinstance(shared.client.troubles.cause, ssl.SSLCertVerificationError))
            issue(authorities[0])
            await asyncio.to_thread(server.restart)
            await until(lambda: shared.client.alive)
            await conn.flush()


def test_a_client_without_a_certificate(guarded: NatsServer, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with nothing_left(caplog), pytest.raises(ConnectFailed, match=guarded.url):
        asyncio.run(publish(secured(guarded, TlsConfig(ca_file=folder / "ca.pem"))))
    assert no_connection(guarded)


def test_files_that_are_no_certificates(guarded: NatsServer, folder: Path) -> None:
    for tls in (TlsConfig(ca_file=folder / "none.pem"), TlsConfig(cert_file=folder / "ca.pem")):

        async def lease(tls: TlsConfig = tls) -> None:
            waiting = (publish(secured(guarded, tls)) for _ in range(3))
            errors = await asyncio.gather(*waiting, return_exceptions=True)
            assert [str(error)[:36] for error in errors] == ["nats.tls: expected readable PEM file"] * 3
            assert all(isinstance(error, ConfigError) for error in errors)

        asyncio.run(lease())


def seed() -> tuple[str, str]:
    """Return seed and public key of a new user."""
    raw = nkeys.encode_seed(bytes(range(32)), nkeys.PREFIX_BYTE_USER)
    return raw.decode(), nkeys.from_seed(raw).public_key.decode()


def test_an_nkey(caplog: pytest.LogCaptureFixture) -> None:
    secret, public = seed()
    with NatsServer(ServerOptions(extra=f"authorization {{ users: [ {{ nkey: {public} }} ] }}")) as server:
        url = (server.url,)
        with nothing_left(caplog):
            asyncio.run(publish(Config(nats=NatsConfig(servers=url, nkey=secret, connect_timeout=30.0))))
        with pytest.raises(ConnectFailed, match="Authorization Violation"):
            asyncio.run(publish(Config(nats=NatsConfig(servers=url, connect_timeout=30.0))))
        with pytest.raises(ConnectFailed) as caught:
            asyncio.run(publish(Config(nats=NatsConfig(servers=url, nkey="nonsense", connect_timeout=30.0))))
        assert "nonsense" not in f"{caught.value} {caught.value!r}"
        assert no_connection(server)


# nats-py calls aiohttp in a way that its newest releases warn of.
@pytest.mark.filterwarnings("ignore:parameter 'timeout' of type:DeprecationWarning")
def test_a_websocket(caplog: pytest.LogCaptureFixture) -> None:
    async def work(url: str) -> None:
        async with nats_jetstream(Config.for_servers(url)) as (conn, js):
            await js.account_info()
            await conn.publish("secure", b"x")

    with NatsServer(ServerOptions(extra='websocket { listen: "127.0.0.1:-1", no_tls: true }')) as server:
        (url,) = [line.split()[-1] for line in server.log.splitlines() if "Listening for websocket" in line]
        with nothing_left(caplog):
            asyncio.run(work(url))
        assert no_connection(server)
        server.suspend()
        with nothing_left(caplog), pytest.raises(ConnectFailed, match=url):
            asyncio.run(publish(Config(nats=NatsConfig(servers=(url,), connect_timeout=0.3, flush_timeout=0.3))))


@pytest.mark.parametrize(("scheme", "tls"), [("nats", TlsConfig()), ("tls", None)])
def test_no_password_is_sent_to_a_server_without_tls(scheme: str, tls: TlsConfig | None) -> None:
    with NatsServer(ServerOptions(extra="authorization { user: a, password: secret }")) as server:
        url = server.url.replace("nats:", f"{scheme}:")
        settings = NatsConfig(servers=(url,), tls=tls, user="a", password="secret", connect_timeout=30.0)
        with pytest.raises(ConnectFailed, match="secure connection not available"):
            asyncio.run(publish(Config(nats=settings)))


def test_tls_that_is_offered_and_not_required_is_used(folder: Path) -> None:
    files = f"cert_file: '{folder}/server.pem', key_file: '{folder}/server-key.pem'"
    with NatsServer(ServerOptions(extra=f"tls {{ {files} }}\nallow_non_tls: true")) as server:

        async def encrypted(tls: TlsConfig | None) -> bool:
            async with nats_connection(secured(server, tls)) as connection:
                await connection.flush()
                return bool(connection._transport.secured)  # type: ignore[union-attr]

        assert asyncio.run(encrypted(TlsConfig(ca_file=folder / "ca.pem")))
        assert not asyncio.run(encrypted(None))
