"""An attribute that the constructor makes, and that one method alone connects and closes."""

from nats.aio.client import Client as NATS


class Server:
    def __init__(self, subject):
        self.subject = subject
        self.nc = NATS()

    async def answer(self, message):
        await self.nc.publish(message.reply, b"")

    async def serve(self, stop):
        await self.nc.connect("nats://localhost")  # expect: NAQ102@15 connection 'self.nc' stays open if line +1 raises; call 'await self.nc.close()' in a 'finally'
        await self.nc.subscribe(self.subject, cb=self.answer)
        await stop.wait()
        await self.nc.drain()


class Quiet(Server):
    async def answer(self, message):
        await self.nc.flush()


# Silent: every way closes it.
class ClosedAlways:
    def __init__(self):
        self.link = NATS()

    async def serve(self, stop):
        try:
            await self.link.connect("nats://localhost")
            await stop.wait()
        finally:
            await self.link.close()


# Silent: another method may close it.
class ClosedByAnother:
    def __init__(self):
        self.bus = NATS()

    async def serve(self, stop):
        await self.bus.connect("nats://localhost")
        await stop.wait()
        await self.bus.drain()

    async def close(self):
        await self.bus.close()


# Silent: a derived class closes it.
class ClosedBelow:
    def __init__(self):
        self.down = NATS()

    async def serve(self, stop):
        await self.down.connect("nats://localhost")
        await stop.wait()
        await self.down.drain()


class Below(ClosedBelow):
    async def close(self):
        await self.down.close()


# Silent: others get the object, and may close it.
class GivenAway:
    def __init__(self, registry):
        self.shared = NATS()
        registry.add(self)

    async def serve(self, stop):
        await self.shared.connect("nats://localhost")
        await stop.wait()
        await self.shared.drain()


# Silent: other code of the file closes it.
class ClosedOutside:
    def __init__(self):
        self.outer = NATS()

    async def serve(self, stop):
        await self.outer.connect("nats://localhost")
        await stop.wait()
        await self.outer.drain()


async def end(server):
    await server.outer.close()


# Silent: it may be another one.
class Replaced:
    def __init__(self):
        self.changed = NATS()

    def use(self, other):
        self.changed = other

    async def serve(self, stop):
        await self.changed.connect("nats://localhost")
        await stop.wait()
        await self.changed.drain()
