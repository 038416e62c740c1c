"""nats-py's client with corrections: this module tells the client's defects, and where each of them is avoided.

The client has parts that keep what they know to themselves: `receivers`, `requests`, `writing` and `troubles` in
modules of these names. `closing` ends a client. Nothing else of the library knows about defects of nats-py's client.

Measured on nats-py 2.16; `tests/unit/naq/connection/test_client.py` checks each of these facts against the installed
version.

- A cancelled or timed-out `flush()` leaves its finished future in the client's queue. The PONG for it then raises in
  the read loop and ends it; the client still reports that it is connected, but receives nothing. `_process_pong` skips
  such a future.
- The PING of a `flush()` is sent before messages that were published just earlier, so the PONG does not prove that the
  server has them. `_send_ping` writes pending data first.
- `publish()` that waits for room in a full buffer swallows cancellation. `_flush_pending` raises it again.
- An incomplete greeting raises ValueError, which ends the reconnecting task; a parse error ends the reader. Either
  leaves a client that waits without end. `_attempt_reconnect` and `_read_loop` continue.
- A handshake that fails while reconnecting leaves its socket to the garbage collector. `_select_next_server` closes it.
- When a connection is lost again while reconnecting ends, two tasks reconnect, and one of them is cancelled. If that
  cancellation is lost, or both tasks finish, `_select_next_server` and `_attempt_reconnect` end the surplus task.
- asyncio has one future for the end of a socket. A reconnecting task that is cancelled while it waits cancels this
  future also for the next task and for `close()`. The transport in `handshake` does not wait for a cancelled future.
- A first connect waits without end for a socket whose TLS handshake failed, because only the handshake is notified of
  its end. The transport in `handshake` does not wait for it.
- Reconnecting waits until the old socket has sent its bytes, which a stalled server never reads. `_attempt_reconnect`
  aborts the old socket first.
- CONNECT and PING are two writes. A server that refuses CONNECT closes the socket in between, and its error message is
  lost with the socket. `handshake` sends both in one write, and `_process_connect_init` looks for an unread error.
- With TLS settings and a server without TLS, the client goes on unencrypted and sends its password; TLS that a server
  offers and does not require is not used. `_process_info` requires it, `_connect_command` refuses to go on without it.
- A server that closes the socket instead of answering PING counts as connected. `_process_connect_init` raises.
- Closing the socket of a failed handshake reports a connection reset after the server's error message. `troubles`
  keeps the server's message.
- A first connect uses the time limits for *re*connecting: up to two minutes. `open` has its own deadline.
- A connect that is cancelled, and a `close()` that is cancelled after its first step, leave the socket open, and a
  second `close()` does nothing. `closing.abandon` closes the socket itself, at once.
- `drain()` raises while reconnecting, waits for messages that no code will receive, swallows cancellation, and does
  not close if its own flush fails. `closing.finish` has a time limit for each step and always closes the socket.
- A `flush()` that waits while the connection is lost waits until its timeout, because its PONG is forgotten.
  `_attempt_reconnect` makes it fail at once.
- A request that the server does not permit waits until its timeout. `requests` notes its subject, so that `denials`
  can end it at once.
- A message whose headers are not text raises in the reader, which reconnects and receives the same message again,
  without end. `_process_headers` delivers the message without headers.
- Parsing a header takes ten times longer than necessary, because its name is checked character by character.
  `_parse_header_lines` returns the same headers, and `_send_publish` writes the same bytes for plain-text headers.
- A handler is a task with a queue, so an answer takes one more step of the loop. With `receivers` the reader calls the
  receiver itself.
- Parsing a message takes almost twice as long as necessary. `naq.connection.parsing` gives the same messages.
- Publishing takes four coroutines. `writing` adds a message to the buffer where nothing can make it wait.
- Each publish wakes a task to write it, through a queue and two futures. `writing` has the loop write instead, as long
  as the socket accepts everything.
- When a loop ends, its tasks are cancelled first, including the client's reader and writer. `closing.finish` starts
  them again, so that published messages reach the server before the socket is closed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, runtime_checkable

import nats
from nats.aio.client import Client, Srv
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.aio.transport import TcpTransport

from naq.config import NatsConfig
from naq.connection import closing, sockets
from naq.connection.denials import Denials
from naq.connection.handshake import OneBreathTransport
from naq.connection.headers import parsed_headers, plain_headers
from naq.connection.options import connect_options, described, first_budget, wants_tls
from naq.connection.parsing import MessageParser
from naq.connection.receivers import Receivers
from naq.connection.requests import Requests
from naq.connection.troubles import Troubles
from naq.connection.writing import Writing, publish_command
from naq.error_text import error_text

logger = logging.getLogger("naq.connection")


class PooledClient(Client):
    """nats-py's client with the corrections that the module's docstring lists; used by one pool or one caller."""

    def __init__(self, settings: NatsConfig) -> None:
        super().__init__()
        self.settings = settings
        self.denials = Denials()
        self.troubles = Troubles(settings, self.denials, lambda: self._opened and self.is_connected)
        self.receivers = Receivers(self, settings)
        self.writing = Writing(self)
        self._requests = Requests(self, self.denials, self.receivers)
        self._opened = False
        self._ps = MessageParser(self, self.receivers.take)

    @property
    def alive(self) -> bool:
        """Whether the client is connected, and its reader task runs to notice a lost connection."""
        reader = self._reading_task
        return self._status == Client.CONNECTED and reader is not None and not reader.done()

    async def open(self, **callbacks: Any) -> None:
        """Connect. Raises `ConnectFailed` after at most `connect_timeout`, and `ConfigError` for unusable credentials.

        A call that fails or is cancelled leaves no socket open.
        """
        start = time.monotonic()
        options = {**connect_options(self.settings), **first_budget(self.settings), **callbacks}
        try:
            async with asyncio.timeout(self.settings.connect_timeout):
                await self.connect(**options, error_cb=self.troubles.note)
        except BaseException as error:
            await closing.abandon(self, self.settings)
            if isinstance(error, Exception):
                # Any exception is the cause: nats-py's helpers for keys and WebSockets raise types of their libraries.
                raise self.troubles.failure(error, time.monotonic() - start) from error
            raise
        self._opened = True
        for name in ("connect_timeout", "max_reconnect_attempts", "reconnect_time_wait"):
            self.options[name] = getattr(self.settings, name)

    async def finish(self) -> None:
        """Send published messages, let handlers finish theirs, and close; each step has a time limit.

        Does not raise nats-py's errors. Run it in a task that no caller cancels; a cancellation closes the socket.
        """
        if self._opened:
            await closing.finish(self, self.settings)
        else:
            await closing.abandon(self, self.settings)

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self.receivers.forget(sid)
        super()._remove_sub(sid, max_msgs)

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        if not await self.receivers.take_parsed(sid, subject, reply, data, headers):
            await super()._process_msg(sid, subject, reply, data, headers)

    async def _request_new_style(
        self, subject: str, payload: bytes, timeout: float = 1, headers: dict[str, Any] | None = None
    ) -> Msg:
        return await self._requests.ask(subject, payload, timeout, headers)

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        if not headers:
            return None
        try:
            found: dict[str, str] | None = await super()._process_headers(headers)
        # Any client may send arbitrary bytes as headers, and the parser may raise any exception for them.
        except Exception as error:
            text = error_text(error)
            logger.warning("%s: unreadable headers are dropped from a message: %s", described(self.settings), text)
            return None
        return found

    _parse_header_lines = staticmethod(parsed_headers)

    async def publish(
        self, subject: str, payload: bytes = b"", reply: str = "", headers: dict[str, Any] | None = None
    ) -> None:
        """Publish a message. Raises nats-py's errors."""
        rest = begin_publishing(self, subject, payload, reply, headers)
        if rest is not None:
            await rest

    async def _send_publish(
        self, subject: str, reply: str, payload: bytes, payload_size: int, headers: dict[str, Any] | None
    ) -> None:
        block = plain_headers(headers) if headers and subject else None
        if block is None:
            await super()._send_publish(subject, reply, payload, payload_size, headers)
            return
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += payload_size
        await self._send_command(publish_command(subject, reply, payload, block))
        if self._flush_queue is not None and self._flush_queue.empty():
            await self._flush_pending()

    async def _process_pong(self) -> None:
        if self._pongs and self._pongs[0].done():
            self._pongs.pop(0)
            self._pings_outstanding = 0
        else:
            await super()._process_pong()

    async def _send_ping(self, future: asyncio.Future[bool] | None = None) -> None:
        if future is None:
            future = asyncio.get_running_loop().create_future()
            # No task waits for the PONG of a keep-alive PING, so its failure must not be reported as unhandled.
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.writing.write()
        await super()._send_ping(future)

    async def _flush_pending(self, force_flush: bool = False) -> Any:
        if not force_flush:
            return None if self.writing.plan() else await super()._flush_pending()
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        result = await super()._flush_pending(force_flush)
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
        return result

    async def _read_loop(self) -> None:
        await super()._read_loop()
        task = asyncio.current_task()
        if self._status == Client.CONNECTED and task is not None and not task.cancelling():
            await self._process_op_err(nats.errors.StaleConnectionError())

    async def _select_next_server(self) -> None:
        if self._opened and asyncio.current_task() is not self._reconnection_task:
            # Another task reconnects already.
            raise asyncio.CancelledError
        if self._opened:
            # The refusal may be old: reconnecting takes long. All attempts of a first connect belong together.
            self.troubles.begin_attempt()
        # A failed handshake leaves its socket open.
        sockets.abort(self)
        await super()._select_next_server()

    async def _connect_to_server(self, s: Srv) -> None:
        self.denials.reset()
        await super()._connect_to_server(s)
        if type(self._transport) is TcpTransport:
            self._transport = OneBreathTransport(self._transport)

    async def _process_connect_init(self) -> None:
        try:
            await super()._process_connect_init()
        except OSError as error:
            transport = self._transport
            refusal = transport.refusal() if isinstance(transport, OneBreathTransport) else None
            if refusal is None:
                raise
            raise refusal from error
        if not self.is_connected:
            for task in (self._reading_task, self._flusher_task, self._ping_interval_task):
                if task is not None:
                    task.cancel()
            raise nats.errors.UnexpectedEOF

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        if initial_connection and wants_tls(self._current_server, self.settings) and info.get("tls_available"):
            info["tls_required"] = True
        await super()._process_info(info, initial_connection)

    def _connect_command(self) -> bytes:
        secured = isinstance(self._transport, OneBreathTransport) and self._transport.secured
        if wants_tls(self._current_server, self.settings) and not secured:
            raise nats.errors.SecureConnWantedError
        return super()._connect_command()

    async def _attempt_reconnect(self) -> None:
        while True:
            # With a peer that no longer reads, nats-py would wait here until the kernel closes the socket.
            sockets.abort(self)
            for waiting in self._pongs:
                if not waiting.done():
                    waiting.set_exception(nats.errors.ConnectionReconnectingError())
            try:
                return await super()._attempt_reconnect()
            except asyncio.InvalidStateError:
                # Another task has finished reconnecting and has set the result.
                return None
            except ValueError as error:
                await self.troubles.note(error)
                self._status = Client.RECONNECTING
                await asyncio.sleep(self.settings.reconnect_time_wait)


def begin_publishing(
    connection: Client, subject: str, payload: bytes, reply: str, headers: dict[str, Any] | None
) -> Awaitable[None] | None:
    """Publish a message over any connection; returns None when that is done, else what must be awaited for it."""
    if not isinstance(connection, PooledClient):
        return connection.publish(subject, payload, reply, headers)
    if connection.writing.publish(subject, payload, reply, headers):
        return None
    return Client.publish(connection, subject, payload, reply, headers)


@runtime_checkable
class SubscribesDirectly(Protocol):
    """A lease of a connection whose reader calls the receiver of a message itself."""

    async def subscribe_directly(self, subject: str, receive: Callable[[Msg], None]) -> Subscription:
        """Subscribe; the reader calls `receive` with each message."""


async def subscribe_directly(connection: Client, subject: str, receive: Callable[[Msg], None]) -> Subscription:
    """Subscribe over any connection; `receive` is called as soon as this connection can call it."""
    if isinstance(connection, PooledClient):
        return await connection.receivers.subscribe(subject, receive)
    if isinstance(connection, SubscribesDirectly):
        return await connection.subscribe_directly(subject, receive)

    async def on_message(msg: Msg) -> None:
        receive(msg)

    return await connection.subscribe(subject, cb=on_message)
