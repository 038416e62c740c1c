"""Settings as arguments of nats-py's `connect` and as key of the pool; the states of a client."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from pydantic import SecretStr

from naq.config import NatsConfig
from naq.connection.client import PooledClient
from naq.connection.options import connect_options, connection_key, described
from naq.connection.pool import recovers
from naq.errors import ConfigError

SERVERS = ("nats://one:4222", "nats://two:4222")
OTHERS: list[dict[str, Any]] = [
    {"servers": SERVERS[:1]},
    {"client_name": "other"},
    {"inbox_prefix": "_OTHER"},
    {"user": "u"},
    {"password": "p", "user": "u"},
    {"token": "t"},
    {"connect_timeout": 9.0},
    {"idle_timeout": 9.0},
    {"max_reconnect_attempts": 9},
    {"tls": {"hostname": "other"}},
]


@pytest.mark.parametrize("values", OTHERS, ids=str)
def test_settings_that_differ_share_no_connection(values: dict[str, Any]) -> None:
    settings = NatsConfig(servers=SERVERS)
    assert connection_key(settings) == connection_key(NatsConfig(servers=SERVERS))
    other = NatsConfig(**{"servers": SERVERS, **values})
    assert connection_key(other) != connection_key(settings)
    assert connection_key(other) == connection_key(NatsConfig(**{"servers": SERVERS, **values}))
    hash(connection_key(other))


def test_secrets_that_differ_share_no_connection() -> None:
    keys = {connection_key(NatsConfig(user="u", password=SecretStr(text))) for text in ("a", "b", "a")}
    assert len(keys) == 2


def test_each_setting_is_the_argument_that_nats_py_knows() -> None:
    settings = NatsConfig(
        servers=SERVERS, client_name="n", inbox_prefix="_P", user="u", password=SecretStr("p"), drain_timeout=1.0,
        flush_timeout=2.0, ping_interval=3.0, max_outstanding_pings=4,
    )  # fmt: skip
    assert connect_options(settings) == {
        "servers": list(SERVERS), "name": "n", "inbox_prefix": "_P", "drain_timeout": 1.0, "flush_timeout": 2.0,
        "ping_interval": 3.0, "max_outstanding_pings": 4, "user": "u", "password": "p", "token": None,
    }  # fmt: skip
    assert described(settings) == "nats://one:4222, nats://two:4222"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("-----BEGIN NATS USER JWT-----\n-----BEGIN USER NKEY SEED-----\n", True),
        ("-----BEGIN NATS USER JWT-----\n", False),
        ("-----BEGIN USER NKEY SEED-----\n", False),
        ("", False),
    ],
)
def test_a_file_of_credentials_needs_both_parts(tmp_path: Path, text: str, right: bool) -> None:
    pytest.importorskip("nkeys")
    path = tmp_path / "user.creds"
    path.write_text(text)
    settings = NatsConfig(credentials=path)
    if right:
        assert connect_options(settings)["user_credentials"] == str(path)
    else:
        with pytest.raises(ConfigError, match=r"nats\.credentials: expected a \.creds file with"):
            connect_options(settings)


def test_a_missing_file_of_credentials_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("nkeys")
    with pytest.raises(ConfigError, match=r"nats\.credentials: expected a readable"):
        connect_options(NatsConfig(credentials=tmp_path / "missing.creds"))


@pytest.mark.parametrize("task", ["none", "runs", "done"])
@pytest.mark.parametrize("status", [Client.DISCONNECTED, Client.CONNECTED, Client.RECONNECTING, Client.CONNECTING])
def test_a_client_is_alive_or_recovering_only_while_its_task_runs(task: str, status: int) -> None:
    async def main() -> tuple[bool, bool]:
        client = PooledClient(NatsConfig())
        future: Any = None if task == "none" else asyncio.get_running_loop().create_future()
        if task == "done":
            future.set_result(None)
        client._status, client._reading_task, client._reconnection_task = status, future, future
        return client.alive, recovers(client)

    recovering = status in (Client.RECONNECTING, Client.CONNECTING)
    assert asyncio.run(main()) == (task == "runs" and status == Client.CONNECTED, task == "runs" and recovering)


@pytest.mark.parametrize("values", [{"credentials": "user.creds"}, {"nkey": "SUA"}])
def test_keys_need_the_package_nkeys(monkeypatch: pytest.MonkeyPatch, values: dict[str, Any]) -> None:
    monkeypatch.setattr("naq.connection.options.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="expected the package nkeys"):
        connect_options(NatsConfig(**values))


def test_tls_settings_are_arguments_of_nats_py() -> None:
    options = connect_options(NatsConfig(tls={"hostname": "h", "handshake_first": True}))
    assert isinstance(options["tls"], ssl.SSLContext)
    assert (options["tls_hostname"], options["tls_handshake_first"]) == ("h", True)
