"""The socket below a client of nats-py: closing it once its bytes are sent, aborting it, releasing it after a fork."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from nats.aio.client import Client

# Seconds between two checks of whether a socket has sent its bytes.
POLL = 0.005


def transports_of(client: Client) -> list[asyncio.WriteTransport]:
    """Return asyncio's transports below nats-py's: the TLS transport first, then the socket's; equal without TLS."""
    writers = (getattr(client._transport, name, None) for name in ("_io_writer", "_bare_io_writer"))
    return [writer.transport for writer in writers if writer is not None]


def abort(client: Client) -> None:
    """Close the socket now; unsent bytes are lost."""
    for transport in transports_of(client):
        transport.abort()


async def close(client: Client, seconds: float) -> None:
    """Close the socket once its bytes are sent; after `seconds`, abort it and raise TimeoutError."""
    transports = transports_of(client)
    try:
        if transports:
            # TLS closes the transport below it once its last bytes are sent.
            transports[0].close()
        async with asyncio.timeout(seconds):
            while any(_unsent(transport) for transport in transports[-1:]):
                await asyncio.sleep(POLL)
    finally:
        abort(client)


def is_websocket(client: Client) -> bool:
    """Return whether the connection is a WebSocket, which has an aiohttp session instead of an asyncio transport."""
    return getattr(client._transport, "_client", None) is not None


async def end_session(client: Client) -> None:
    """Close a WebSocket and its session."""
    transport: Any = client._transport
    transport.close()
    await transport.wait_closed()


def let_go(client: Client) -> None:
    """Point the descriptor of a forked child's socket to the null device: closing it does not affect the parent."""
    writer = getattr(client._transport, "_bare_io_writer", None)
    socket = writer.get_extra_info("socket") if writer is not None else None
    if socket is not None and socket.fileno() >= 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, socket.fileno(), inheritable=False)
        os.close(null)


def _unsent(transport: asyncio.WriteTransport) -> bool:
    return not transport.is_closing() or transport.get_write_buffer_size() > 0
