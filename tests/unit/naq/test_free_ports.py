"""Ports that a server can take again after a restart."""

from __future__ import annotations

import socket

import pytest

from naq import free_ports
from naq.server import NatsServer


def test_they_differ_and_no_connecting_client_is_given_them() -> None:
    found = free_ports.free_ports(3)
    assert len(set(found)) == 3
    assert all(10_000 <= port < 32_768 for port in found)


def test_a_port_in_use_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports.free_ports(1)
    monkeypatch.setattr(free_ports, "PORTS", [port] * 1_000)
    assert free_ports.free_ports(1) == [port]
    with socket.create_server(("127.0.0.1", port)), pytest.raises(OSError, match="0 free ports found"):
        free_ports.free_ports(1)


def test_a_server_has_its_ports_from_there_and_keeps_them() -> None:
    with NatsServer() as server:
        ports = server._ports
        assert all(port in free_ports.PORTS for port in ports)
        server.restart()
        assert server._ports == ports
