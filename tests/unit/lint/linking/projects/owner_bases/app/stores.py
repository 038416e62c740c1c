"""Stores over a connection."""

import nats

from app.declared import Ending, Store


class Bus(Store):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def put(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


class EndingBus(Ending):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def put(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()
