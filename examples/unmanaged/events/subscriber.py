"""Listening for events: with a callback, as an iterator, or durably from the stream of system events."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import nats
from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Handler = Callable[[str, Event], Awaitable[None]]


def decode(msg: Msg) -> tuple[str, Event]:
    """Type and data of an event; its type is what follows `events.` in the subject."""
    event: Event = json.loads(msg.data)
    return msg.subject.removeprefix("events."), event


async def drain_or_close(nc: Client) -> None:
    """Let pending callbacks finish; where that is not possible any more, just close."""
    try:
        await nc.drain()
    except nats.errors.Error as error:
        logger.warning("drain: %s", error)
        await nc.close()


class EventSubscriber:
    """Listens for the events of one type; the type may be a wildcard such as `job.*`."""

    def __init__(self, nats_url: str, event_type: str = ">") -> None:
        self.nats_url = nats_url
        self.subject = f"events.{event_type}"
        self._nc: Client | None = None
        self._subscription: Subscription | None = None

    async def start(self, handler: Handler, group: str = "") -> None:
        """Call `handler` for each event; of the subscribers in one group, only one is called."""

        async def on_message(msg: Msg) -> None:
            try:
                event_type, event = decode(msg)
                await handler(event_type, event)
            except Exception:
                logger.exception("handler of %s", self.subject)

        self._nc = await get_nats_connection(self.nats_url)
        self._subscription = await self._nc.subscribe(self.subject, queue=group, cb=on_message)
        await self._nc.flush()

    async def stop(self) -> None:
        """Take no more events, finish those that have arrived, close the connection."""
        nc, self._nc = self._nc, None
        self._subscription = None
        if nc is not None and not nc.is_closed:
            await drain_or_close(nc)

    async def wait_for(self, timeout: float = 5.0) -> Event | None:
        """The next event, or None when none comes in time."""
        nc = await get_nats_connection(self.nats_url)
        subscription = await nc.subscribe(self.subject, max_msgs=1)
        try:
            msg = await subscription.next_msg(timeout=timeout)
            return decode(msg)[1]
        except nats.errors.TimeoutError:
            return None
        finally:
            await nc.drain()

    async def events(self) -> AsyncIterator[tuple[str, Event]]:
        """All events from now on. Close the iterator (`aclosing`) to stop listening."""
        nc = await get_nats_connection(self.nats_url)
        try:
            subscription = await nc.subscribe(self.subject)
            async for msg in subscription.messages:
                yield decode(msg)
        finally:
            await close_nats_connection(nc)

    async def consume(self, handler: Handler, durable: str, stop: asyncio.Event) -> int:
        """Work through the stream of system events, from where `durable` left off, until `stop` is set."""
        handled = 0
        nc = await get_nats_connection(self.nats_url)
        js = await get_jetstream_context(nc)
        subscription = await js.pull_subscribe("system_events", durable=durable)
        while not stop.is_set():
            try:
                messages = await subscription.fetch(50, timeout=1)
            except TimeoutError:  # fetch raises nats-py's own, or Python's
                continue
            for msg in messages:
                event: Event = json.loads(msg.data)
                await handler(event.pop("type", "system"), event)
                await msg.ack()
                handled += 1
        await subscription.unsubscribe()
        await close_nats_connection(nc)
        return handled

    async def collect(self, count: int, timeout: float = 5.0) -> list[Event]:
        """The next `count` events, or as many as come before the pause between two exceeds `timeout`."""
        collected: list[Event] = []
        async with await nats.connect(self.nats_url) as nc:
            subscription = await nc.subscribe(self.subject)
            try:
                while len(collected) < count:
                    collected.append(decode(await subscription.next_msg(timeout=timeout))[1])
            except nats.errors.TimeoutError:
                logger.info("%d of %d events", len(collected), count)
        return collected


async def show(msg: Msg) -> None:
    """Print an event as one line."""
    event_type, event = decode(msg)
    print(event_type, json.dumps(event, sort_keys=True), flush=True)


async def main() -> None:
    """Print all events until interrupted."""
    nc = await nats.connect(os.environ.get("NATS_URL", "nats://localhost:4222"), name="naq-events-tail")
    await nc.subscribe("events.>", cb=show)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
