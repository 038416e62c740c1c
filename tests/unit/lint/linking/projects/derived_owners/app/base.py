"""Owner classes."""

import nats
from httpx import Client


class Bus:
    def __init__(self):
        self.nc = None

    async def connect(self):
        self.nc = await nats.connect("u")

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


class Made:
    async def make(self):
        return await nats.connect("u")

    async def connect(self):
        self.nc = await self.make()

    async def close(self):
        await self.nc.close()


class Opened:
    def __init__(self, url):
        self.client = Client(base_url=url)

    def close(self):
        self.client.close()


class Given:
    def __init__(self, client=None):
        self.client = client or Client()

    def close(self):
        self.client.close()
