"""Calls on attributes of self, and on parameters that are annotated, that nats-py does not have."""

from typing import Optional

import nats
from nats.aio.client import Client
from somewhere import Bus


class Service:
    def __init__(self):
        self.nc = None
        self.own = Bus()
        self.either = Bus()

    async def start(self, url):
        self.nc = await nats.connect(url)
        self.js: nats.js.JetStreamContext = self.nc.jetstream()
        self.kv = await self.js.key_value("jobs")
        self.either = await nats.connect(url)
        await self.nc.subscribe("a", cb=self.on_message)

    async def on_message(self, msg):
        await self.nc.publish(msg.reply, "pong")  # expect: NAQ304@42 'publish' takes bytes for 'payload', not str; use b'pong'
        await self.js.publish("a", f"{msg}")  # expect: NAQ304@36 'publish' takes bytes for 'payload', not str; use f'{msg}'.encode()
        await self.kv.entries()  # expect: NAQ304@15 a key-value has no method 'entries'; use 'keys() and get(key)'
        await self.nc.publish(msg.reply, b"pong")
        self.nc.publish.assert_awaited()

    # Silent: an object of another kind, or of several.
    async def others(self, other):
        await self.own.publish("a", "text")
        await self.either.publish("a", "text")
        await other.nc.publish("a", "text")

    async def stop(self):
        await self.nc.close()
        await self.either.close()


# Silent: the attribute is a property's, or of a class that does not set it.
class Wrapped:
    def __init__(self, url):
        self.nc = nats.NATS()

    @property
    def nc(self):
        return Bus(self._nc)

    @nc.setter
    def nc(self, value):
        self._nc = value

    async def send(self):
        await self.nc.publish("a", "text")


class Inherited(Bus):
    async def send(self):
        await self.nc.publish("a", "text")


class Entered:
    async def run(self, url):
        async with await nats.connect(url) as self.entered:
            await self.send()

    # Silent: no assignment says what it is.
    async def send(self):
        await self.entered.publish("a", "text")


async def annotated(nc: Client, perhaps: Optional[Client], told: "Client | None"):
    await nc.publish("a", "text")  # expect: NAQ304@27 'publish' takes bytes for 'payload', not str; use b'text'
    await perhaps.publish("a", "text")  # expect: NAQ304@32
    await told.publish("a", "text")  # expect: NAQ304@29
    sub = await nc.subscribe("a")
    await sub.next()  # expect: NAQ304@11

    async def inside():
        await nc.publish("a", "text")  # expect: NAQ304@31

    await inside()


# Silent: another value, no annotation, or one that may mean another class.
async def several(ncs: list[Client], by_name: dict[str, Client], either: Bus | Client):
    ncs.append("text")
    by_name.entries()
    await either.publish("a", "text")


async def bound_again(nc: Client, wrap):
    nc = wrap(nc)
    await nc.publish("a", "text")


async def not_annotated(nc, bus: Bus):
    await nc.publish("a", "text")
    await bus.publish("a", "text")
