"""Owner classes."""

import nats
from httpx import Client


class Bus:
    async def connect(self):
        self.nc = await nats.connect("u")

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


class Other:
    async def connect(self):
        self.nc = await nats.connect("u")

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


class Opened:
    def __init__(self):
        self.client = Client()

    def close(self):
        self.client.close()


def make():
    return Bus()
