"""The socket below a client of nats-py: closed once its bytes are sent, aborted, or left to the parent of a fork."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from nats.aio.client import Client

# Seconds between two looks at a socket that is being emptied.
POLL = 0.005


def transports_of(client: Client) -> list[asyncio.WriteTransport]:
    """Return asyncio's transports below nats-py's: the upper one, and the socket's own, the same without TLS."""
    writers = (getattr(client._transport, name, None) for name in ("_io_writer", "_bare_io_writer"))
    return [writer.transport for writer in writers if writer is not None]


def abort(client: Client) -> None:
    """Close the socket now; bytes that are not sent are lost."""
    for transport in transports_of(client):
        transport.abort()


async def close(client: Client, seconds: float) -> None:
    """Close the socket once its bytes are sent; raises TimeoutError, and aborts it, where that takes longer."""
    transports = transports_of(client)
    try:
        if transports:
            # TLS closes what is below it, once its last bytes are there.
            transports[0].close()
        async with asyncio.timeout(seconds):
            while any(_unsent(transport) for transport in transports[-1:]):
                await asyncio.sleep(POLL)
    finally:
        abort(client)


def is_websocket(client: Client) -> bool:
    """Whether the connection is a WebSocket, which has no socket of asyncio's, and a session to end."""
    return getattr(client._transport, "_client", None) is not None


async def end_session(client: Client) -> None:
    """Close a WebSocket and its session."""
    transport: Any = client._transport
    transport.close()
    await transport.wait_closed()


def let_go(client: Client) -> None:
    """In a forked child: the descriptor leads nowhere from now on, and may be closed at any time without harm."""
    writer = getattr(client._transport, "_bare_io_writer", None)
    socket = writer.get_extra_info("socket") if writer is not None else None
    if socket is not None and socket.fileno() >= 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, socket.fileno(), inheritable=False)
        os.close(nowhere)


def _unsent(transport: asyncio.WriteTransport) -> bool:
    return not transport.is_closing() or transport.get_write_buffer_size() > 0
