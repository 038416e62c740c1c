"""What is left after a program ended: sockets, complaints of asyncio, clients on the server."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from naq.testing import NatsServer


def eventually(question: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether the answer becomes true; the server learns of closed sockets a moment later."""
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def open_sockets() -> set[str]:
    """TCP sockets that this process holds open, by inode."""
    ours = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            ours.add(os.readlink(entry).removeprefix("socket:[").removesuffix("]"))
    tcp = Path("/proc/self/net/tcp").read_text().splitlines()[1:]
    return ours & {line.split()[9] for line in tcp}


# Said of each TLS connection of nats-py's that the server closes.
HARMLESS = {"returning true from eof_received() has no effect when using ssl"}


@contextlib.contextmanager
def nothing_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No socket stays open, asyncio complains of nothing; what is collected as garbage may not warn either."""
    before = open_sockets()
    with caplog.at_level(logging.WARNING, "asyncio"):
        yield
        gc.collect()
    assert open_sockets() <= before
    said = {record.getMessage() for record in caplog.records if record.name == "asyncio"}
    assert said - HARMLESS == set()


def no_connection(server: NatsServer) -> bool:
    """Whether the server has no client left."""
    return eventually(lambda: not server.connections())
