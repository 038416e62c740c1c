"""Owner classes."""

import nats


class Bus:
    def __init__(self, url):
        self.url = url
        self.nc = None

    async def connect(self):
        self.nc = await nats.connect(self.url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        if self.nc is not None:
            await self.nc.close()


class Managed:
    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *exception):
        await self.stop()

    async def start(self):
        self.nc = await nats.connect("u")

    async def stop(self):
        await self.nc.drain()

    async def run(self):
        await self.start()
        try:
            await self.nc.flush()
        finally:
            await self.stop()


class Outer:
    def __init__(self):
        self.bus = Bus("u")

    async def start(self):
        await self.bus.connect()

    async def stop(self):
        await self.bus.close()
