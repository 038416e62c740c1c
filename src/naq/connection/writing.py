"""Publishing without a task: messages are added to the client's buffer, and the loop writes them in its next step."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from nats.aio.client import Client

from naq.connection.headers import plain_headers

# Characters with which nats-py refuses a subject.
_UNFIT = re.compile(r"[ \t\r\n]").search


class Writing:
    """What one client has yet to write, as long as its socket accepts everything."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._is_planned = False

    def publish(self, subject: str, payload: bytes, reply: str, headers: dict[str, Any] | None) -> bool:
        """Publish a message as the client does if nothing can make it wait or fail; returns whether it is published."""
        client = self._client
        block = b"" if headers is None else plain_headers(headers)
        size = len(payload)
        if (
            block is None
            or client._status != Client.CONNECTED
            or size > client._max_payload
            or not subject
            or _UNFIT(subject + reply) is not None
        ):
            return False
        command = publish_command(subject, reply, payload, block)
        pending = client._pending_data_size + len(command)
        if 0 < client._max_pending_size < pending or not (self._is_planned or self.plan()):
            return False
        client.stats["out_msgs"] += 1
        client.stats["out_bytes"] += size
        client._pending.append(command)
        client._pending_data_size = pending
        return True

    def plan(self) -> bool:
        """Schedule a write of all pending data in the next step of the loop.

        Returns False when the client's writer task must write instead, because the socket may not accept everything.
        """
        if self._is_planned:
            return True
        client = self._client
        writer, waiter = getattr(client._transport, "_io_writer", None), client._flusher_task
        if writer is None or waiter is None or waiter.done() or not client.is_connected:
            return False
        if writer.transport.get_write_buffer_size():
            return False
        self._is_planned = True
        asyncio.get_running_loop().call_soon(self._write_as_planned)
        return True

    def write(self) -> None:
        """Write all pending data now."""
        client = self._client
        if client._transport and client.is_connected:
            if client._pending:
                client._transport.writelines(client._pending)
                client._pending = []
            # The counter includes a PING, which is written at once.
            client._pending_data_size = 0

    def _write_as_planned(self) -> None:
        self._is_planned = False
        self.write()


def publish_command(subject: str, reply: str, payload: bytes, block: bytes) -> bytes:
    """Return the command that publishes a message with these encoded headers, none if empty."""
    size = len(payload)
    if block:
        return f"HPUB {subject} {reply} {len(block)} {len(block) + size}\r\n".encode() + block + payload + b"\r\n"
    return f"PUB {subject} {reply} {size}\r\n".encode() + payload + b"\r\n"
