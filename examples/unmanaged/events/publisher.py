"""Publishing events.

Plain events go out on core NATS to the present subscribers; system events go into a stream and
are kept. `EventPublisher` connects for each event, `BufferedEventPublisher` holds one connection.
"""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import nats
from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from nats.aio.client import Client

logger = logging.getLogger(__name__)


class EventPublisher:
    """Publishes single events."""

    def __init__(self, nats_url: str):
        self.nats_url = nats_url

    async def publish_event(self, event_type: str, data: dict[str, Any]) -> None:
        """Send an event to those who listen now; it is not an error if no one listens."""
        nc = await get_nats_connection(self.nats_url)
        try:
            await nc.publish(f"events.{event_type}", json.dumps(data).encode())
        finally:
            await close_nats_connection(nc)

    async def publish_system_event(self, event_type: str, data: dict[str, Any]) -> None:
        """Store an event in the stream of system events."""
        data = {"type": event_type, "at": time.time(), **data}
        nc = await get_nats_connection(self.nats_url)
        try:
            js = await get_jetstream_context(nc)
            await js.publish("system_events", json.dumps(data).encode())
        finally:
            await close_nats_connection(nc)

    async def publish_many(self, events: Iterable[tuple[str, dict[str, Any]]]) -> int:
        """Send several events, in their order, over one connection."""
        count = 0
        async with await nats.connect(self.nats_url) as nc:
            for event_type, data in events:
                await nc.publish(f"events.{event_type}", json.dumps(data).encode())
                count += 1
            await nc.flush()
        return count

    async def publish_quickly(self, event_type: str, data: dict[str, Any]) -> None:
        """Send an event without waiting for the connection to close behind it."""
        nc = await get_nats_connection(self.nats_url)
        await nc.publish(f"events.{event_type}", json.dumps(data).encode())
        await nc.flush()
        asyncio.create_task(close_nats_connection(nc))

    async def request(self, event_type: str, data: dict[str, Any], timeout: float = 2.0) -> Any:
        """Send an event and wait for the answer of one listener; None when no answer comes."""
        reply = None
        nc = await get_nats_connection(self.nats_url)
        try:
            reply = await nc.request(f"events.{event_type}", json.dumps(data).encode(), timeout=timeout)
        except nats.errors.NoRespondersError:
            logger.info("no answer to %s", event_type)
        except nats.errors.TimeoutError:
            logger.warning("no answer to %s within %.1f s", event_type, timeout)
        await nc.close()
        return None if reply is None else json.loads(reply.data)


class BufferedEventPublisher:
    """Publishes over one connection, and keeps events for later while the server is away."""

    def __init__(self, nats_url: str, size: int = 1000) -> None:
        self.nats_url = nats_url
        self._nc: Client | None = None
        self._waiting: deque[tuple[str, bytes]] = deque(maxlen=size)

    async def __aenter__(self) -> "BufferedEventPublisher":
        self._nc = await nats.connect(self.nats_url, name="naq-events", reconnect_time_wait=1)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Send what waits, then close. Events that cannot be sent any more are counted and dropped."""
        nc, self._nc = self._nc, None
        if nc is None:
            return
        try:
            await self._send_waiting(nc)
        finally:
            await nc.close()
        if self._waiting:
            logger.warning("%d events were not sent", len(self._waiting))

    async def publish_event(self, event_type: str, data: dict[str, Any]) -> None:
        """Send an event, or keep it until the server is back."""
        if self._nc is None:
            raise RuntimeError("BufferedEventPublisher is used outside its async with block")
        self._waiting.append((f"events.{event_type}", json.dumps(data).encode()))
        await self._send_waiting(self._nc)

    async def _send_waiting(self, nc: Client) -> None:
        while self._waiting and nc.is_connected:
            subject, payload = self._waiting[0]
            await nc.publish(subject, payload)
            self._waiting.popleft()
