"""The handshake with a server, so that the error message of a refusal is read before the socket fails.

A server that refuses a client sends -ERR and closes the socket at once, sometimes before the client has sent anything.
Any later write is answered with a connection reset, and asyncio does not read from a socket after a write has failed.
"""

from __future__ import annotations

from typing import Any

import nats.errors
from nats.aio.transport import TcpTransport

CONNECT = b"CONNECT "
REFUSAL = b"-ERR "


class OneBreathTransport(TcpTransport):
    """Sends CONNECT together with the PING that follows in one write, which still succeeds on a closed socket."""

    def __init__(self, connected: TcpTransport) -> None:
        vars(self).update(vars(connected))
        self._held = b""
        self._unsecured = False

    @property
    def secured(self) -> bool:
        """Whether the connection is encrypted."""
        writer: Any = self._io_writer
        return writer is not None and writer.get_extra_info("ssl_object") is not None

    async def connect(self, *args: Any, **kwargs: Any) -> None:
        """Connect as nats-py does; a CONNECT that was held back for an earlier socket is dropped."""
        self._held, self._unsecured = b"", False
        await super().connect(*args, **kwargs)

    async def connect_tls(self, *args: Any, **kwargs: Any) -> None:
        """Start TLS as nats-py does; remembers that the TLS handshake failed."""
        try:
            await super().connect_tls(*args, **kwargs)
        except BaseException:
            self._unsecured = True
            raise

    def write(self, payload: bytes) -> None:
        """Write as nats-py does, except that CONNECT is held back until the next write."""
        if payload.startswith(CONNECT):
            self._held = payload
        else:
            payload, self._held = self._held + payload, b""
            super().write(payload)  # type: ignore[no-untyped-call]  # nats-py's

    def writelines(self, payload: list[bytes]) -> None:
        """Write as nats-py does, unless the socket is closed.

        Python 3.12 and early 3.13 would watch the descriptor of a closed socket from then on, and the next socket with
        that descriptor would never be read. See CPython's issue 136234.
        """
        writer: Any = self._io_writer
        if not writer.transport.is_closing():
            super().writelines(payload)  # type: ignore[no-untyped-call]  # nats-py's

    async def wait_closed(self) -> None:
        """Wait as nats-py does, unless the wait would never end.

        That happens when an earlier waiting task was cancelled, as asyncio has one future for all of them, and when the
        TLS handshake failed, as only the handshake is notified of the end of the socket.
        """
        writer: Any = self._io_writer
        if self._unsecured:
            return
        if writer is None or not writer._protocol._get_close_waiter(writer).cancelled():
            await super().wait_closed()  # type: ignore[no-untyped-call]  # nats-py's

    def refusal(self) -> nats.errors.Error | None:
        """Return the server's refusal that was not read yet, None when there is none."""
        # A failed StreamReader raises instead of returning the bytes that it has received.
        unread = bytes(getattr(self._io_reader, "_buffer", b""))
        for line in unread.split(b"\r\n"):
            if line.startswith(REFUSAL):
                return nats.errors.Error(f"nats: {line.removeprefix(REFUSAL).decode(errors='replace')}")
        return None


def is_refusal(error: Exception | None) -> bool:
    """Return whether `error` is an error message of the server: nats-py has no type for it, the text is in quotes."""
    return type(error) is nats.errors.Error and str(error).startswith("nats: '")
