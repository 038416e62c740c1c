"""Silent: classes of which it is not certain that their objects alone have the connection."""

import atexit

import nats

REGISTER = []


class Registered:
    async def connect(self):
        self.nc = await nats.connect("u")
        REGISTER.append(self)

    async def close(self):
        await self.nc.close()


class ClosedAtExit:
    async def connect(self):
        self.nc = await nats.connect("u")
        atexit.register(self.close)

    async def close(self):
        await self.nc.close()


class Given:
    def __init__(self, nc=None):
        self.nc = nc

    async def connect(self):
        if self.nc is None:
            self.nc = await nats.connect("u")

    async def close(self):
        await self.nc.close()


class GivenOrMade:
    async def connect(self, given):
        self.nc = given or await nats.connect("u")

    async def close(self):
        await self.nc.close()


class GivenByName:
    async def connect(self, nc=None):
        if nc is None:
            nc = await nats.connect("u")
        self.nc = nc

    async def close(self):
        await self.nc.close()


class Collected:
    async def connect(self):
        self.nc = await nats.connect("u")

    async def close(self):
        await self.nc.close()

    def __del__(self):
        REGISTER.append(1)


class Made(type):
    pass


class WithMetaclass(metaclass=Made):
    async def connect(self):
        self.nc = await nats.connect("u")

    async def close(self):
        await self.nc.close()


class ClosedFromOutside:
    async def connect(self):
        self.outside = await nats.connect("u")

    async def close(self):
        await self.outside.close()


async def shut_all(objects):
    for one in objects:
        await one.outside.close()


class Reconnects:
    async def connect(self):
        if self.nc:
            await self.nc.close()
        self.nc = await nats.connect("u")

    async def close(self):
        await self.nc.close()


class HandsOn:
    async def connect(self):
        self.nc = await nats.connect("u")
        REGISTER.append(self.nc)

    async def close(self):
        await self.nc.close()


class Twice:
    pass


class Twice:
    async def connect(self):
        self.nc = await nats.connect("u")

    async def close(self):
        await self.nc.close()


async def uses():
    for one in (Registered, ClosedAtExit):
        print(one)
    registered = Registered()
    await registered.connect()
    at_exit = ClosedAtExit()
    await at_exit.connect()
    given = Given()
    await given.connect()
    given_or_made = GivenOrMade()
    await given_or_made.connect(None)
    by_name = GivenByName()
    await by_name.connect()
    collected = Collected()
    await collected.connect()
    with_metaclass = WithMetaclass()
    await with_metaclass.connect()
    from_outside = ClosedFromOutside()
    await from_outside.connect()
    reconnects = Reconnects()
    await reconnects.connect()
    hands_on = HandsOn()
    await hands_on.connect()
    twice = Twice()
    await twice.connect()
