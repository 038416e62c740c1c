"""Classes whose objects keep a connection; the module mentions no library."""

from dataclasses import dataclass


class Store:
    def __init__(self, nc):
        self.nc = nc

    async def put(self, data):
        await self.nc.publish("orders", data)


class Closing:
    def __init__(self, nc):
        self.connection = nc

    async def put(self, data):
        await self.connection.publish("orders", data)

    async def stop(self):
        await self.connection.drain()


class Handing:
    def __init__(self, nc, registry):
        self.handed = nc
        registry.append(self)

    async def put(self, data):
        await self.handed.publish("orders", data)


class Entered:
    def __init__(self, nc):
        self.entered = nc

    async def put(self, data):
        async with self.entered as nc:
            await nc.publish("orders", data)


@dataclass
class Record:
    store: Store
    name: str = "a"

    async def put(self, data):
        await self.store.put(data)


@dataclass
class ClosingRecord:
    store: Store

    async def stop(self):
        await self.store.close()


@unknown  # noqa: F821
class Decorated:
    def __init__(self, store):
        self.store = store


async def messages(nc):
    yield await nc.request("orders", b"")
