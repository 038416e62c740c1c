"""nats-py's client with corrections: this is the only module that knows the client's defects and how to avoid them.

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
- Closing the socket of a failed handshake reports a connection reset after the server's error message. `_note_error`
  keeps the server's message.
- A first connect uses the time limits for *re*connecting: up to two minutes. `open` has its own deadline.
- A connect that is cancelled, and a `close()` that is cancelled after its first step, leave the socket open, and a
  second `close()` does nothing. `abandon` closes the socket itself, at once.
- `drain()` raises while reconnecting, waits for messages that no code will receive, swallows cancellation, and does
  not close if its own flush fails. `finish` has a time limit for each step and always closes the socket.
- A `flush()` that waits while the connection is lost waits until its timeout, because its PONG is forgotten.
  `_attempt_reconnect` makes it fail at once.
- A request that the server does not permit waits until its timeout. `_request_new_style` notes its subject, so that
  `naq.connection.denials` can end it at once.
- A message whose headers are not text raises in the reader, which reconnects and receives the same message again,
  without end. `_process_headers` delivers the message without headers.
- Parsing a header takes ten times longer than necessary, because its name is checked character by character.
  `_parse_header_lines` returns the same headers, and `_send_publish` writes the same bytes for plain-text headers.
- A handler is a task with a queue, so an answer takes one more step of the loop. With `subscribe_directly` the reader
  calls the receiver itself.
- Parsing a message takes almost twice as long as necessary. `naq.connection.parsing` gives the same messages.
- Publishing takes four coroutines. `publish_at_once` adds a message to the buffer where nothing can make it wait.
- Each publish wakes a task to write it, through a queue and two futures. `_flush_pending` has the loop write instead,
  as long as the socket accepts everything.
- When a loop ends, its tasks are cancelled first, including the client's reader and writer. `finish` starts them
  again, so that published messages reach the server before the socket is closed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, runtime_checkable

import nats
from nats.aio.client import Client, Srv
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.aio.transport import TcpTransport

from naq.config import NatsConfig
from naq.connection import sockets
from naq.connection.denials import PUBLISH, Denials, check_jetstream
from naq.connection.draining import drain_handlers
from naq.connection.handshake import OneBreathTransport, is_refusal
from naq.connection.headers import parsed_headers, plain_headers
from naq.connection.options import connect_options, described
from naq.connection.parsing import MessageParser
from naq.error_text import error_text
from naq.errors import ConnectFailed, PermissionDenied

logger = logging.getLogger("naq.connection")

# Longest pause in seconds between two tries for the same server during a first connect.
PAUSE = 0.1
# Characters with which nats-py refuses a subject.
_UNFIT = re.compile(r"[ \t\r\n]").search
# The first line of headers without a status.
_NO_STATUS = b"NATS/1.0\r\n"


class PooledClient(Client):
    """nats-py's client with the corrections that the module's docstring lists; used by one pool or one caller."""

    def __init__(self, settings: NatsConfig) -> None:
        super().__init__()
        self.settings = settings
        self.cause: Exception | None = None
        # Whether `cause` is an error message of the server, from the current attempt to connect.
        self._refused = False
        self._opened = False
        self.denials = Denials()
        self.denials.watch(self._on_denial)
        self._requests: dict[asyncio.Future[Msg], str] = {}
        # Receivers of `subscribe_directly`, by the number of the subscription.
        self._direct: dict[int, Callable[[Msg], None]] = {}
        self._write_is_planned = False
        self._ps = MessageParser(self, self._take)

    @property
    def alive(self) -> bool:
        """Whether the client is connected, and its reader task runs to notice a lost connection."""
        reader = self._reading_task
        return self._status == Client.CONNECTED and reader is not None and not reader.done()

    @property
    def recovering(self) -> bool:
        """Whether the connection was lost, and a task is opening another connection."""
        task = self._reconnection_task
        return (self.is_reconnecting or self.is_connecting) and task is not None and not task.done()

    async def open(self, **callbacks: Any) -> None:
        """Connect. Raises `ConnectFailed` after at most `connect_timeout`, and `ConfigError` for unusable credentials.

        A call that fails or is cancelled leaves no socket open.
        """
        start = time.monotonic()
        options = {**connect_options(self.settings), **self._first_budget(), **callbacks}
        try:
            async with asyncio.timeout(self.settings.connect_timeout):
                await self.connect(**options, error_cb=self._note_error)
        except BaseException as error:
            await self.abandon()
            if isinstance(error, Exception):
                # Any exception is the cause: nats-py's helpers for keys and WebSockets raise types of their libraries.
                raise self._failed(error, time.monotonic() - start) from error
            raise
        self._opened = True
        for name in ("connect_timeout", "max_reconnect_attempts", "reconnect_time_wait"):
            self.options[name] = getattr(self.settings, name)

    def _first_budget(self) -> dict[str, Any]:
        """Return options for the first connect: a server that hangs leaves time for the next; two tries for each."""
        seconds = self.settings.connect_timeout
        return {
            "connect_timeout": seconds / len(self.settings.servers),
            "max_reconnect_attempts": 1,
            "reconnect_time_wait": min(PAUSE, seconds / 4),
        }

    def _failed(self, error: Exception, seconds: float) -> ConnectFailed:
        """Return the error of a failed `open`; if nats-py raised "no servers available", with the error before it."""
        last = self.cause if isinstance(error, (nats.errors.NoServersError, TimeoutError)) else error
        return ConnectFailed(described(self.settings), last or error, seconds)

    async def subscribe_directly(self, subject: str, receive: Callable[[Msg], None]) -> Subscription:
        """Subscribe; the reader calls `receive` with each message. An error that it raises is only logged."""
        self._direct[self._sid + 1] = receive
        return await self.subscribe(subject)

    def _remove_sub(self, sid: int, max_msgs: int = 0) -> None:
        self._direct.pop(sid, None)
        super()._remove_sub(sid, max_msgs)

    def _take(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> bool:
        """Give a message to the receiver of a direct subscription; returns False for another message."""
        receive = self._direct.get(sid)
        if receive is None or (headers and not headers.startswith(_NO_STATUS)):
            return False
        parsed = parsed_headers(headers[len(_NO_STATUS) :]) or None if headers else None
        self._hand_over(receive, sid, subject, reply, data, parsed)
        return True

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        receive = self._direct.get(sid)
        if receive is None:
            await super()._process_msg(sid, subject, reply, data, headers)
            return
        parsed = await self._process_headers(headers) if headers else None
        self._hand_over(receive, sid, subject, reply, data, parsed)

    def _hand_over(
        self,
        receive: Callable[[Msg], None],
        sid: int,
        subject: bytes,
        reply: bytes,
        data: bytes,
        headers: dict[str, str] | None,
    ) -> None:
        self.stats["in_msgs"] += 1
        self.stats["in_bytes"] += len(data)
        try:
            receive(Msg(self, subject.decode(), reply.decode(), data, headers, None, False, sid))
        # Any exception would end the reader, and with it the connection.
        except Exception:
            logger.exception("%s: a message of %r is lost", described(self.settings), subject)

    async def _init_request_sub(self) -> None:
        self._resp_map = {}
        prefix = f"{self.new_inbox()}."
        self._resp_sub_prefix = bytearray(prefix.encode())

        def receive(msg: Msg) -> None:
            future = self._resp_map.get(msg.subject[len(prefix) :])
            if future is not None and not future.done():
                future.set_result(msg)

        await self.subscribe_directly(f"{prefix}*", receive)

    async def _request_new_style(
        self, subject: str, payload: bytes, timeout: float = 1, headers: dict[str, Any] | None = None
    ) -> Msg:
        if self.is_draining_pubs:
            raise nats.errors.ConnectionDrainingError
        if not self._resp_sub_prefix:
            await self._init_request_sub()
        prefix = bytes(self._resp_sub_prefix or b"").decode()
        if self.denials.subscriptions and f"{prefix}*".lower() in self.denials.subscriptions:
            raise PermissionDenied("subscribe", f"{prefix}*")
        token = os.urandom(12).hex()
        future: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._resp_map[token], self._requests[future] = future, subject
        try:
            await self.publish(subject, payload, reply=prefix + token, headers=headers)
            answer = await asyncio.wait_for(future, timeout)
        except TimeoutError:
            raise nats.errors.TimeoutError from None
        finally:
            del self._resp_map[token], self._requests[future]
        check_jetstream(subject, answer, enabled=bool(self._server_info.get("jetstream")))
        return answer

    def _on_denial(self, operation: str, subject: str) -> bool:
        """End the requests that will not be answered; returns whether there were any."""
        inbox = f"{self._resp_sub_prefix.decode()}*" if self._resp_sub_prefix else ""
        found = False
        for future, requested in list(self._requests.items()):
            denied = requested if operation == PUBLISH else inbox
            if denied.lower() == subject and not future.done():
                future.set_exception(PermissionDenied(operation, denied))
                found = True
        return found

    async def _note_error(self, error: Exception) -> None:
        if self.denials.note(error):
            # The waiting request raises it.
            logger.debug("%s: %s", described(self.settings), error_text(error))
            return
        # In one attempt to connect, the server's error message explains more than the socket's error.
        if is_refusal(error) or not self._refused:
            self.cause = error
            self._refused = is_refusal(error)
        if not self._opened or not self.is_connected:
            # The caller that waits for the connection raises it.
            logger.debug("%s: %s", described(self.settings), error_text(error))
        elif isinstance(error, (OSError, nats.errors.StaleConnectionError)):
            logger.warning("%s: connection lost: %s", described(self.settings), error_text(error))
        else:
            logger.error("%s: %s", described(self.settings), error_text(error), exc_info=error)

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
        if not self.publish_at_once(subject, payload, reply, headers):
            await super().publish(subject, payload, reply, headers)

    def publish_at_once(self, subject: str, payload: bytes, reply: str, headers: dict[str, Any] | None) -> bool:
        """Publish a message as `publish` does if nothing can make it wait or fail; returns whether it is published."""
        block = b"" if headers is None else plain_headers(headers)
        size = len(payload)
        if (
            block is None
            or self._status != Client.CONNECTED
            or size > self._max_payload
            or not subject
            or _UNFIT(subject + reply) is not None
        ):
            return False
        command = _publish_command(subject, reply, payload, block)
        pending = self._pending_data_size + len(command)
        if 0 < self._max_pending_size < pending or not (self._write_is_planned or self._plan_write()):
            return False
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += size
        self._pending.append(command)
        self._pending_data_size = pending
        return True

    async def _send_publish(
        self, subject: str, reply: str, payload: bytes, payload_size: int, headers: dict[str, Any] | None
    ) -> None:
        block = plain_headers(headers) if headers and subject else None
        if block is None:
            await super()._send_publish(subject, reply, payload, payload_size, headers)
            return
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += payload_size
        await self._send_command(_publish_command(subject, reply, payload, block))
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
        self._write()
        await super()._send_ping(future)

    async def _flush_pending(self, force_flush: bool = False) -> Any:
        if not force_flush:
            return None if self._plan_write() else await super()._flush_pending()
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        result = await super()._flush_pending(force_flush)
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
        return result

    def _plan_write(self) -> bool:
        """Schedule a write of all pending data in the next step of the loop.

        Returns False when the client's writer task must write instead, because the socket may not accept everything.
        """
        if self._write_is_planned:
            return True
        writer, waiter = getattr(self._transport, "_io_writer", None), self._flusher_task
        if writer is None or waiter is None or waiter.done() or not self.is_connected:
            return False
        if writer.transport.get_write_buffer_size():
            return False
        self._write_is_planned = True
        asyncio.get_running_loop().call_soon(self._write_as_planned)
        return True

    def _write_as_planned(self) -> None:
        self._write_is_planned = False
        self._write()

    def _write(self) -> None:
        if self._transport and self.is_connected:
            if self._pending:
                self._transport.writelines(self._pending)
                self._pending = []
            # The counter includes a PING, which is written at once.
            self._pending_data_size = 0

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
            self._refused = False
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

    @property
    def _wants_tls(self) -> bool:
        """Whether the settings ask for an encrypted connection."""
        scheme = self._current_server.uri.scheme if self._current_server is not None else ""
        return scheme == "tls" or (self.settings.tls is not None and scheme != "wss")

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        if initial_connection and self._wants_tls and info.get("tls_available"):
            info["tls_required"] = True
        await super()._process_info(info, initial_connection)

    def _connect_command(self) -> bytes:
        if self._wants_tls and not (isinstance(self._transport, OneBreathTransport) and self._transport.secured):
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
                await self._note_error(error)
                self._status = Client.RECONNECTING
                await asyncio.sleep(self.settings.reconnect_time_wait)

    async def finish(self) -> None:
        """Send published messages, let handlers finish theirs, and close; each step has a time limit.

        Does not raise nats-py's errors. Run it in a task that no caller cancels; a cancellation closes the socket.
        """
        settings = self.settings
        if not self._opened:
            return await self.abandon()
        try:
            if self.is_connected:
                self._revive()
                await drain_handlers(self, list(self._subs.values()), settings.drain_timeout)
                await self._within(settings.flush_timeout, self.flush)
            if self._pending_data_size:
                logger.warning("%s: %d bytes were not sent", described(settings), self._pending_data_size)
            if not self.is_closed:
                await self._within(settings.flush_timeout, self.close)
        finally:
            await self.abandon()

    async def _within(self, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(seconds):
                await step()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # A future that another task had cancelled; this task was not cancelled.
            logger.debug("%s: %s() was interrupted while closing", described(self.settings), step.__name__)
        except (TimeoutError, nats.errors.Error, OSError) as error:
            text = error_text(error)
            logger.warning("%s: %s() failed while closing: %s", described(self.settings), step.__name__, text)

    def _revive(self) -> None:
        """Start the reader and the writer again if the end of the loop has cancelled them."""
        loop = asyncio.get_running_loop()
        if self._reading_task is None or self._reading_task.done():
            self._reading_task = loop.create_task(self._read_loop())
        if self._flusher_task is None or self._flusher_task.done():
            self._flusher_task = loop.create_task(self._flusher())

    async def abandon(self) -> None:
        """Close the socket and end the client's tasks; unsent bytes are sent within `flush_timeout`, or lost."""
        self._status = Client.CLOSED
        for task in self._own_tasks():
            task.cancel()
        try:
            await sockets.close(self, self.settings.flush_timeout)
        except TimeoutError:
            logger.warning("%s: the server reads no more data; what is not sent is lost", described(self.settings))
        if sockets.is_websocket(self):
            await self._within(self.settings.flush_timeout, self._end_session)
        # One step for the loop to close the socket, one for the tasks to end.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _end_session(self) -> None:
        await sockets.end_session(self)

    def _own_tasks(self) -> list[asyncio.Task[Any]]:
        tasks = [self._reading_task, self._flusher_task, self._ping_interval_task, self._reconnection_task]
        tasks += [sub._wait_for_msgs_task for sub in self._subs.values()]
        return [task for task in tasks if task is not None and not task.done() and task is not asyncio.current_task()]


@runtime_checkable
class SubscribesDirectly(Protocol):
    """A connection whose reader calls the receiver of a message itself: the pool's client, and leases of it."""

    async def subscribe_directly(self, subject: str, receive: Callable[[Msg], None]) -> Subscription:
        """Subscribe; the reader calls `receive` with each message."""


async def subscribe_directly(connection: Client, subject: str, receive: Callable[[Msg], None]) -> Subscription:
    """Subscribe over any connection; `receive` is called as soon as this connection can call it."""
    if isinstance(connection, SubscribesDirectly):
        return await connection.subscribe_directly(subject, receive)

    async def on_message(msg: Msg) -> None:
        receive(msg)

    return await connection.subscribe(subject, cb=on_message)


def _publish_command(subject: str, reply: str, payload: bytes, block: bytes) -> bytes:
    """Return the command that publishes a message with these encoded headers, none if empty."""
    size = len(payload)
    if block:
        return f"HPUB {subject} {reply} {len(block)} {len(block) + size}\r\n".encode() + block + payload + b"\r\n"
    return f"PUB {subject} {reply} {size}\r\n".encode() + payload + b"\r\n"
