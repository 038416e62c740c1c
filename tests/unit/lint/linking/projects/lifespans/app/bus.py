"""A class whose objects own a connection."""

import nats


class Bus:
    """Publishes on its connection."""

    def __init__(self):
        self.nc = None

    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()
