"""Handlers for events, started and stopped together.

Each event type with a handler gets a separate connection, so that one slow handler does not hold up the
events of the others.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import nats
import nats.js.errors
from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import StreamConfig

from .subscriber import Event, Handler, decode, drain_or_close

logger = logging.getLogger(__name__)

SYSTEM_STREAM = "system_events"


@asynccontextmanager
async def events_connection(url: str) -> AsyncIterator[Client]:
    """A connection for the time of a block, drained at its end."""
    nc = await get_nats_connection(url)
    try:
        yield nc
    finally:
        await drain_or_close(nc)


class EventManager:
    """Registers handlers, runs them, counts what they did."""

    def __init__(self, nats_url: str) -> None:
        self.nats_url = nats_url
        self.counts: Counter[str] = Counter()
        self._handlers: dict[str, Handler] = {}
        self._connections: dict[str, Client] = {}
        self._control: Client | None = None

    def register(self, event_type: str, handler: Handler) -> None:
        """Call `handler` for events of this type, from the next `start` on."""
        if event_type in self._handlers:
            raise ValueError(f"a handler for {event_type!r} is registered already")
        self._handlers[event_type] = handler

    async def setup(self) -> None:
        """Create the stream of system events, or widen the one that is there."""
        config = StreamConfig(name=SYSTEM_STREAM, subjects=[SYSTEM_STREAM], max_msgs=100_000)
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            try:
                await js.stream_info(SYSTEM_STREAM)
            except nats.js.errors.NotFoundError:
                await js.add_stream(config)
            else:
                await js.update_stream(config)
        finally:
            await close_nats_connection(nc)

    async def start(self) -> None:
        """Start all handlers; they answer `events.control.ping` with their counts."""
        for event_type, handler in self._handlers.items():
            nc = await nats.connect(self.nats_url, name=f"naq-events-{event_type}")
            self._connections[event_type] = nc
            await nc.subscribe(f"events.{event_type}", cb=self._callback(event_type, handler))
            await nc.flush()
        self._control = await nats.connect(self.nats_url, name="naq-events-control")
        await self._control.subscribe("events.control.ping", cb=self._pong)

    async def stop(self) -> None:
        """Stop all handlers; each finishes the events that it has received."""
        connections = list(self._connections.values())
        self._connections.clear()
        await asyncio.gather(*(drain_or_close(nc) for nc in connections))
        if self._control is not None:
            self._control.close()
            self._control = None

    async def restart(self, event_type: str) -> None:
        """Give a handler a new connection, after its old one has failed."""
        async with asyncio.timeout(10):
            nc = await nats.connect(self.nats_url, name=f"naq-events-{event_type}")
            handler = self._handlers[event_type]
            await nc.subscribe(f"events.{event_type}", cb=self._callback(event_type, handler))
            old = self._connections.pop(event_type, None)
            self._connections[event_type] = nc
        if old is not None and not old.is_closed:
            await old.close()

    async def round_trips(self, urls: Sequence[str]) -> dict[str, float | None]:
        """Round-trip time in seconds to each of the servers, None for one that cannot be reached."""
        times: dict[str, float | None] = dict.fromkeys(urls)
        for url in urls:
            nc = None
            try:
                nc = await nats.connect(url, connect_timeout=2, max_reconnect_attempts=1)
                times[url] = await nc.rtt(timeout=2)
            except (OSError, nats.errors.Error) as error:
                logger.warning("%s: %s", url, error)
            finally:
                if nc:
                    await nc.close()
        return times

    async def replay(self, handler: Handler, first: int = 1) -> int:
        """Give the stored system events to a handler, from sequence number `first` on."""
        async with AsyncExitStack() as stack:
            nc = await get_nats_connection(self.nats_url)
            stack.push_async_callback(close_nats_connection, nc)
            js = await get_jetstream_context(nc)
            state = (await js.stream_info(SYSTEM_STREAM)).state
            for sequence in range(max(first, state.first_seq), state.last_seq + 1):
                raw = await js.get_msg(SYSTEM_STREAM, sequence)
                event: Event = json.loads(raw.data or b"{}")
                await handler(event.pop("type", "system"), event)
            return max(0, state.last_seq - max(first, state.first_seq) + 1)

    async def forward(self, target_url: str, stop: asyncio.Event) -> None:
        """Pass all plain events on to another server until `stop` is set."""
        async with events_connection(self.nats_url) as source, events_connection(target_url) as target:

            async def pass_on(msg: Msg) -> None:
                await target.publish(msg.subject, msg.data, headers=msg.headers)

            await source.subscribe("events.>", cb=pass_on)
            await stop.wait()

    async def announce(self, text: str, **details: Any) -> None:
        """Tell all who listen, over a handler's connection that is up, else over a new one."""
        payload = json.dumps({"text": text, **details}).encode()
        nc = next((nc for nc in self._connections.values() if nc.is_connected), None)
        own = nc is None
        if nc is None:
            nc = await get_nats_connection(self.nats_url)
        try:
            await nc.publish("events.announcement", payload)
            await nc.flush()
        finally:
            if own:
                await close_nats_connection(nc)

    def _callback(self, event_type: str, handler: Handler) -> Any:
        async def on_message(msg: Msg) -> None:
            self.counts[event_type] += 1
            try:
                await handler(*decode(msg))
            except Exception:
                self.counts[f"{event_type}.failed"] += 1
                logger.exception("handler of %s", event_type)

        return on_message

    async def _pong(self, msg: Msg) -> None:
        await msg.respond(json.dumps(self.counts).encode())
