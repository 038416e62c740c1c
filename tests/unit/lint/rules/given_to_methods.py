"""Connections that a method of an object gets, whose class the file defines: the method says what becomes of them."""

import nats


class Store:
    def __init__(self):
        self.sent = 0
        self.nc = None

    async def add(self, nc, data):
        self.sent += 1
        await nc.publish("orders", data)

    @staticmethod
    async def count(nc):
        await nc.publish("count", b"")

    async def keep(self, nc):
        self.nc = nc

    async def finish(self, nc):
        await nc.close()

    async def send(self, nc):
        await nc.publish("store", b"")


class Outbox:
    async def send(self, nc):
        self.sent = nc


shared = Store()


class App:
    def __init__(self, given: Store):
        self.store = Store()
        self.given = given
        self.either = Store()

    async def by_an_attribute(self):
        nc = await nats.connect("u")  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect("u") as nc'
        await self.store.add(nc, b"1")

    async def by_an_annotated_attribute(self):
        nc = await nats.connect("u")  # expect: NAQ103
        await self.given.add(data=b"1", nc=nc)

    async def by_a_static_method(self):
        nc = await nats.connect("u")  # expect: NAQ103
        await self.store.count(nc)

    async def which_closes(self):
        nc = await nats.connect("u")  # expect: NAQ101
        await self.store.finish(nc)

    async def which_closes_late(self):
        nc = await nats.connect("u")  # expect: NAQ102@20 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect("u") as nc'
        await nc.flush()
        await self.store.finish(nc)

    # Silent from here on.
    async def which_keeps(self):
        nc = await nats.connect("u")
        await self.store.keep(nc)

    async def by_a_method_of_two_classes(self):
        nc = await nats.connect("u")
        await self.store.send(nc)

    async def of_either(self):
        nc = await nats.connect("u")
        await self.either.add(nc, b"1")

    def replace(self, other):
        self.either = other


async def by_a_name_of_the_module():
    nc = await nats.connect("u")  # expect: NAQ103
    await shared.add(nc, b"1")


class Reader:
    def __init__(self):
        self.store = Store()

    async def start(self):
        self.reader = await nats.connect("u")  # expect: NAQ108
        await self.store.add(self.reader, b"1")


class Keeper:
    def __init__(self):
        self.store = Store()

    async def start(self):
        self.keeper = await nats.connect("u")
        await self.store.keep(self.keeper)
