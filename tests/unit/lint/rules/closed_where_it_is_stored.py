"""The function that stores a resource closes it itself, by the name that the resource has there."""
import contextlib

import nats


class Gateway:
    def __init__(self):
        self.nc = None
        self.bus = None

    async def handle(self, data):
        await self.nc.publish("a", data)
        await self.bus.publish(data)


class Bus:
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


# Silent: as long as nothing fails, it is closed.
@contextlib.asynccontextmanager
async def life(app):
    gateway = Gateway()
    nc = await nats.connect("u")
    gateway.nc = nc
    app.gateway = gateway
    yield
    await nc.close()


@contextlib.asynccontextmanager
async def life_of_an_object(app):
    gateway = Gateway()
    bus = Bus()
    await bus.connect("u")
    gateway.bus = bus
    app.gateway = gateway
    yield
    await bus.close()


class Runs:
    async def run(self, wait):
        nc = await nats.connect("u")
        self.nc = nc
        await wait()
        await nc.close()


class RunsWithAnObject:
    async def run(self, wait):
        bus = Bus()
        await bus.connect("u")
        self.bus = bus
        try:
            await wait()
        finally:
            await bus.close()


# Closed only where something fails.
class GivesUp:
    async def run(self, wait):
        nc = await nats.connect("u")  # expect: NAQ108@20 connection 'self.nc' is closed by no method of class 'GivesUp'; add one that calls 'await self.nc.close()', or use a context manager
        try:
            await wait()
        except BaseException:
            await nc.close()
            raise
        self.nc = nc


class GivesUpAfterwards:
    async def run(self, wait):
        nc = await nats.connect("u")  # expect: NAQ108@20 connection 'self.nc' is closed by no method of class 'GivesUpAfterwards'; add one that calls 'await self.nc.close()', or use a context manager
        self.nc = nc
        try:
            await wait()
        except BaseException:
            await nc.close()
            raise


# Reported once: the attribute is never closed, whatever fails before.
class NeverCloses:
    async def start(self):
        bus = Bus()
        await bus.connect("u")  # expect: NAQ114@15 Bus 'self.bus' opens a connection (line -77) and is closed by no method of class 'NeverCloses'; add one that calls 'await self.bus.close()'
        await bus.publish(b"1")
        self.bus = bus
