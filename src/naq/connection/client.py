"""nats-py's client as the pool needs it: the one place that knows where the client falls short, and what to do.

Measured on nats-py 2.16; `tests/unit/naq/connection/test_client.py` holds each of these facts against the version that
is installed.

- A cancelled or timed-out `flush()` leaves a dead future behind; the PONG that is meant for it ends the read loop, and
  the client says that it is connected while nothing arrives. `_process_pong` passes over such a future.
- The PING of a `flush()` overtakes what was published just before it, so the PONG does not say that the server has it.
  `_send_ping` writes what is pending first.
- `publish()` that waits for room in a full buffer swallows cancellation. `_flush_pending` raises it again.
- A greeting that is cut in the middle raises ValueError, which ends the task that reconnects; an error in parsing ends
  the reader. Both leave a client that waits without end: `_attempt_reconnect` and `_read_loop` go on.
- A handshake that fails while reconnecting leaves its socket to the garbage collector; `_select_next_server` closes it.
- A connection that is lost again while its reconnecting ends has two tasks reconnecting, one of them cancelled; where
  that cancellation is lost, or both say that they are done, `_select_next_server` and `_attempt_reconnect` end it.
- One future stands for the end of a socket: a reconnecting that is cancelled while it waits takes it from the next one,
  and from `close()`. The transport in `handshake` does not wait for a lost one.
- A first connect waits without end for the socket whose TLS handshake failed: its end is told to the handshake alone.
  The transport in `handshake` does not wait for it.
- Reconnecting waits until the old socket has sent its bytes, which a stalled server never takes: it is aborted first.
- CONNECT and PING are two writes; a server that refuses has closed in between, and its words are lost with the socket.
  `handshake` sends them in one, and `_process_connect_init` looks for words that were not read.
- A server that closes instead of answering PING is taken for one that said yes. `_process_connect_init` refuses it.
- Closing the socket of a failed handshake reports its reset after the server's words. `_note_error` keeps the words.
- A first connect uses the budget for *re*connecting: up to two minutes. `open` has its own deadline.
- A connect that is cut short, and a `close()` cut after its first step, leave the socket open, and a second `close()`
  does nothing. `abandon` closes the socket itself, at once.
- `drain()` raises while reconnecting, waits for messages that no code will take, swallows cancellation, and does not
  close if its own flush fails. `finish` is bounded, and always ends with a closed socket.
- A `flush()` that waits when the connection is lost waits out its timeout, as its PONG is forgotten. It fails at once.
- A request that the server does not permit waits out its timeout. `_request_new_style` notes its subject, so that
  `naq.connection.denials` can end it at once.
- A message whose headers are no text raises in the reader, which reconnects, and gets the same message again, without
  end. `_process_headers` delivers it without them.
- A header costs ten times what it needs, as its name is looked at character by character. `_parse_header_lines` finds
  the same headers, and `_send_publish` writes the same for those that are plain text.
- A handler is a task with a queue before it, so an answer costs one more step of the loop. `subscribe_directly` has the
  reader hand it over.
- Each publish wakes a task to write it, through a queue and two futures. `_flush_pending` has the loop write instead,
  as long as the socket takes everything.
- When a loop ends, its tasks are cancelled first, the client's reader and writer among them. `finish` starts them
  again, so that what was published reaches the server before the socket is closed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import nats
from nats.aio.client import Client, Srv
from nats.aio.msg import Msg
from nats.aio.transport import TcpTransport

from naq.config import NatsConfig
from naq.connection import sockets
from naq.connection.denials import PUBLISH, Denials, check_jetstream
from naq.connection.draining import drain_handlers
from naq.connection.handshake import OneBreathTransport, is_refusal
from naq.connection.headers import parsed_headers, plain_headers
from naq.connection.options import connect_options, described
from naq.error_text import error_text
from naq.errors import ConnectFailed, PermissionDenied

logger = logging.getLogger("naq.connection")

# Of the time to connect, what may pass before the same server is tried a second time.
PAUSE = 0.1


class PooledClient(Client):
    """A client that one pool owns; see the module for what is mended."""

    def __init__(self, settings: NatsConfig) -> None:
        super().__init__()
        self.settings = settings
        self.cause: Exception | None = None
        # The cause is the server's own word, of the present attempt to connect.
        self._refused = False
        self._opened = False
        self.denials = Denials()
        self.denials.watch(self._on_denial)
        self._requests: dict[asyncio.Future[Msg], str] = {}
        # By the number of a subscription.
        self._direct: dict[int, Callable[[Msg], None]] = {}
        self._write_is_planned = False

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
        """Connect, or raise `ConnectFailed` within `connect_timeout`. Failed or cancelled, it leaves nothing open."""
        start = time.monotonic()
        options = {**connect_options(self.settings), **self._first_budget(), **callbacks}
        try:
            async with asyncio.timeout(self.settings.connect_timeout):
                await self.connect(**options, error_cb=self._note_error)
        except BaseException as error:
            await self.abandon()
            if isinstance(error, Exception):
                # Whatever it was, also what nats-py's helpers for keys and WebSockets raise, it is the cause.
                raise self._failed(error, time.monotonic() - start) from error
            raise
        self._opened = True
        for name in ("connect_timeout", "max_reconnect_attempts", "reconnect_time_wait"):
            self.options[name] = getattr(self.settings, name)

    def _first_budget(self) -> dict[str, Any]:
        """One server that hangs must leave time for the next; two tries for each."""
        seconds = self.settings.connect_timeout
        return {
            "connect_timeout": seconds / len(self.settings.servers),
            "max_reconnect_attempts": 1,
            "reconnect_time_wait": min(PAUSE, seconds / 4),
        }

    def _failed(self, error: Exception, seconds: float) -> ConnectFailed:
        """nats-py ends with "no servers available"; the error before that is the cause."""
        last = self.cause if isinstance(error, (nats.errors.NoServersError, TimeoutError)) else error
        return ConnectFailed(described(self.settings), last or error, seconds)

    async def subscribe_directly(self, subject: str, take: Callable[[Msg], None]) -> None:
        """Subscribe until the connection closes; the reader calls `take`, which must not raise, with each message."""
        self._direct[self._sid + 1] = take
        await self.subscribe(subject)

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        take = self._direct.get(sid)
        if take is None:
            await super()._process_msg(sid, subject, reply, data, headers)
            return
        self.stats["in_msgs"] += 1
        self.stats["in_bytes"] += len(data)
        found = await self._process_headers(headers) if headers else None
        take(self._build_message(sid, subject, reply, data, found))

    async def _init_request_sub(self) -> None:
        self._resp_map = {}
        prefix = f"{self.new_inbox()}."
        self._resp_sub_prefix = bytearray(prefix.encode())

        def take(msg: Msg) -> None:
            future = self._resp_map.get(msg.subject[len(prefix) :])
            if future is not None and not future.done():
                future.set_result(msg)

        await self.subscribe_directly(f"{prefix}*", take)

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
        """End the requests that will not be answered."""
        inbox = f"{self._resp_sub_prefix.decode()}*" if self._resp_sub_prefix else ""
        found = False
        for future, asked in list(self._requests.items()):
            denied = asked if operation == PUBLISH else inbox
            if denied.lower() == subject and not future.done():
                future.set_exception(PermissionDenied(operation, denied))
                found = True
        return found

    async def _note_error(self, error: Exception) -> None:
        if self.denials.note(error):
            # Told by whoever waits for the answer.
            logger.debug("%s: %s", described(self.settings), error_text(error))
            return
        # Of one attempt to connect, what the server said is worth more than what its socket did.
        if is_refusal(error) or not self._refused:
            self.cause = error
            self._refused = is_refusal(error)
        if not self._opened or not self.is_connected:
            # Told by whoever waits for the connection.
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
        # Anybody may publish anything in the place of headers, and the parser raises whatever comes of it.
        except Exception as error:
            said = error_text(error)
            logger.warning("%s: headers that cannot be read are left out: %s", described(self.settings), said)
            return None
        return found

    _parse_header_lines = staticmethod(parsed_headers)

    async def _send_publish(
        self, subject: str, reply: str, payload: bytes, payload_size: int, headers: dict[str, Any] | None
    ) -> None:
        block = plain_headers(headers) if headers and subject else None
        if block is None:
            await super()._send_publish(subject, reply, payload, payload_size, headers)
            return
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += payload_size
        sizes = f"{len(block)} {len(block) + payload_size}"
        await self._send_command(f"HPUB {subject} {reply} {sizes}\r\n".encode() + block + payload + b"\r\n")
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
            # No task waits for this sign of life, so no task handles its failure.
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
        """Have the next step of the loop write what is pending by then; false where the client's writer has to wait."""
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
            # Counts a PING too, which is written at once.
            self._pending_data_size = 0

    async def _read_loop(self) -> None:
        await super()._read_loop()
        task = asyncio.current_task()
        if self._status == Client.CONNECTED and task is not None and not task.cancelling():
            await self._process_op_err(nats.errors.StaleConnectionError())

    async def _select_next_server(self) -> None:
        if self._opened and asyncio.current_task() is not self._reconnection_task:
            # Another task reconnects by now.
            raise asyncio.CancelledError
        if self._opened:
            # Long ago, perhaps; a first connect has all its attempts in a moment.
            self._refused = False
        # A handshake that failed has left its socket open.
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

    async def _attempt_reconnect(self) -> None:
        while True:
            # A peer that no longer reads would let nats-py wait here until the kernel gives up.
            sockets.abort(self)
            for waiting in self._pongs:
                if not waiting.done():
                    waiting.set_exception(nats.errors.ConnectionReconnectingError())
            try:
                return await super()._attempt_reconnect()
            except asyncio.InvalidStateError:
                # It had ended, and the task that took over has said so already.
                return None
            except ValueError as error:
                await self._note_error(error)
                self._status = Client.RECONNECTING
                await asyncio.sleep(self.settings.reconnect_time_wait)

    async def finish(self) -> None:
        """Deliver what was published, let handlers work off what they have, close; each step bounded.

        Never raises nats-py's errors. Must run in a task that no caller cancels; cut all the same, it leaves no socket.
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
            # Of a future that another task has lost: this task was not cancelled.
            logger.debug("%s: %s() was cut while closing", described(self.settings), step.__name__)
        except (TimeoutError, nats.errors.Error, OSError) as error:
            said = error_text(error)
            logger.warning("%s: %s() failed while closing: %s", described(self.settings), step.__name__, said)

    def _revive(self) -> None:
        """Start reader and writer again where the end of the loop has cancelled them."""
        loop = asyncio.get_running_loop()
        if self._reading_task is None or self._reading_task.done():
            self._reading_task = loop.create_task(self._read_loop())
        if self._flusher_task is None or self._flusher_task.done():
            self._flusher_task = loop.create_task(self._flusher())

    async def abandon(self) -> None:
        """Close the socket and end the client's tasks; bytes on their way have `flush_timeout`."""
        self._status = Client.CLOSED
        for task in self._own_tasks():
            task.cancel()
        try:
            await sockets.close(self, self.settings.flush_timeout)
        except TimeoutError:
            logger.warning("%s: the server took no more bytes; closing all the same", described(self.settings))
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
