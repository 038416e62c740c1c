"""The first words with a server, so that a refusal is heard in spite of what its socket does next.

A server that refuses sends -ERR and closes at once, sometimes before it was asked anything. Whatever is written after
that is answered with a reset, and a socket that fails in writing is never read again.
"""

from __future__ import annotations

from typing import Any

import nats.errors
from nats.aio.transport import TcpTransport

CONNECT = b"CONNECT "
REFUSAL = b"-ERR "


class OneBreathTransport(TcpTransport):
    """Sends CONNECT together with the PING that follows it: one write, which a closed socket still takes."""

    def __init__(self, connected: TcpTransport) -> None:
        vars(self).update(vars(connected))
        self._held = b""
        self._unsecured = False

    async def connect(self, *args: Any, **kwargs: Any) -> None:
        """As nats-py's; what was held back for another socket is dropped."""
        self._held, self._unsecured = b"", False
        await super().connect(*args, **kwargs)

    async def connect_tls(self, *args: Any, **kwargs: Any) -> None:
        """As nats-py's; remembers a handshake that failed."""
        try:
            await super().connect_tls(*args, **kwargs)
        except BaseException:
            self._unsecured = True
            raise

    def write(self, payload: bytes) -> None:
        """As nats-py's, but for CONNECT, which waits for what is written next."""
        if payload.startswith(CONNECT):
            self._held = payload
        else:
            payload, self._held = self._held + payload, b""
            super().write(payload)  # type: ignore[no-untyped-call]  # nats-py's

    def writelines(self, payload: list[bytes]) -> None:
        """As nats-py's, unless the socket is closed: Python 3.12, and 3.13 at first, would always watch its number.

        The next socket with that number is then never read. See CPython's issue 136234.
        """
        writer: Any = self._io_writer
        if not writer.transport.is_closing():
            super().writelines(payload)  # type: ignore[no-untyped-call]  # nats-py's

    async def wait_closed(self) -> None:
        """As nats-py's, unless it would never end.

        One who waited was cancelled: asyncio has one future for all, and it is lost. The TLS handshake failed: the
        end of its socket is told to the handshake alone.
        """
        writer: Any = self._io_writer
        if self._unsecured:
            return
        if writer is None or not writer._protocol._get_close_waiter(writer).cancelled():
            await super().wait_closed()  # type: ignore[no-untyped-call]  # nats-py's

    def refusal(self) -> nats.errors.Error | None:
        """The refusal of the server that was not read yet, None when there is none."""
        # A reader that has failed gives nothing more out, though it is there.
        unread = bytes(getattr(self._io_reader, "_buffer", b""))
        for line in unread.split(b"\r\n"):
            if line.startswith(REFUSAL):
                return nats.errors.Error(f"nats: {line.removeprefix(REFUSAL).decode(errors='replace')}")
        return None


def is_refusal(error: Exception | None) -> bool:
    """Whether it is the server's own word, which comes in quotes; nats-py has no type for it."""
    return type(error) is nats.errors.Error and str(error).startswith("nats: '")
