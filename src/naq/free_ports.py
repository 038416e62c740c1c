"""Free ports for servers that keep their port when they are started again."""

from __future__ import annotations

import contextlib
import random
import socket

# Operating systems take the port of a connecting client from above. A server that is down for a moment would find
# such a port in use: Linux begins at 32,768, macOS and Windows at 49,152.
PORTS = range(10_000, 32_768)


def free_ports(number: int, host: str = "127.0.0.1") -> list[int]:
    """Return `number` different ports of `host` on which nothing listens. Raises `OSError` where too few are found."""
    found: list[int] = []
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in random.SystemRandom().sample(PORTS, 1_000):
        with contextlib.suppress(OSError), socket.create_server((host, port), family=family):
            found.append(port)
        if len(found) == number:
            return found
    raise OSError(f"{host}: {len(found)} free ports found, {number} needed")
