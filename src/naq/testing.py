"""Fixtures for tests against a real server, without mocks. In `conftest.py`:

    from naq.testing import naq_config, nats_server

`nats_server` is one `nats-server -js` for the whole session, on a free port with a separate store; `naq_config` is a
Config for it with a prefix that no other test uses. Tests that stop or stall a server start a separate `NatsServer`, or
a `NatsCluster`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from secrets import token_hex
from types import TracebackType
from typing import Self

import pytest

from naq.config import Config, QueueConfig
from naq.errors import ServerStartFailed
from naq.free_ports import free_ports
from naq.server import NatsServer, ServerOptions

__all__ = ["NatsCluster", "NatsServer", "ServerOptions", "naq_config", "nats_server"]


class NatsCluster:
    """Servers in one JetStream cluster on loopback, each with a separate store. A context manager."""

    def __init__(self, size: int = 3) -> None:
        ports = free_ports(size)
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in ports)
        self.servers = tuple(
            NatsServer(
                ServerOptions(
                    extra=f"server_name: n{number}\n"
                    f"cluster {{ name: naq, listen: '127.0.0.1:{port}', routes: [{routes}] }}\n"
                )
            )
            for number, port in enumerate(ports)
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def config(self) -> Config:
        """The default settings with all these servers."""
        return Config.for_servers(*(server.url for server in self.servers))

    def start(self) -> Self:
        """Start all servers and wait until they have elected a leader; returns `self`. Raises `ServerStartFailed`."""
        try:
            for server in self.servers:
                server.start()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop all servers and delete their stores."""
        for server in self.servers:
            server.stop()

    def wait_until_ready(self, seconds: float = 30.0) -> None:
        """Wait until all running servers agree on a leader. Raises `ServerStartFailed` after `seconds`."""
        deadline = time.monotonic() + seconds
        while len(leaders := {self._leader_seen_by(server) for server in self.running}) != 1 or None in leaders:
            if time.monotonic() > deadline:
                raise ServerStartFailed(f"no leader after {seconds} s:\n{self.servers[0].log[-2000:]}")
            time.sleep(0.05)

    @property
    def running(self) -> list[NatsServer]:
        """The servers whose process runs."""
        return [server for server in self.servers if server.running]

    def leader_of(self, stream: str) -> NatsServer:
        """Return the server that leads a replicated stream. Raises `LookupError` when there is no leader."""
        for server in self.running:
            for account in server.monitor("jsz?streams=true").get("account_details", []):
                for detail in account.get("stream_detail", []):
                    leader = detail.get("cluster", {}).get("leader", "")
                    if detail["name"] == stream and leader:
                        return self.servers[int(leader.removeprefix("n"))]
        raise LookupError(f"no leader of stream {stream}")

    @staticmethod
    def _leader_seen_by(server: NatsServer) -> str | None:
        leader: str | None = server.monitor("jsz").get("meta_cluster", {}).get("leader")
        return leader


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    """A server that the tests of a session share."""
    with NatsServer() as server:
        yield server


@pytest.fixture
def naq_config(nats_server: NatsServer) -> Config:
    """A Config for the shared server with a unique prefix: tests do not see each other's streams and buckets."""
    return nats_server.config.model_copy(update={"queue": QueueConfig(prefix=f"test_{token_hex(4)}")})
