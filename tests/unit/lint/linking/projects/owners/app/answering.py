"""A class whose opening method returns the connection."""

import nats


class Bus:
    def __init__(self, url):
        self.url = url
        self.nc = None

    async def connect(self):
        self.nc = await nats.connect(self.url)
        return self.nc

    async def subscribe(self, callback):
        await self.nc.subscribe("orders", cb=callback)

    async def close(self):
        if self.nc:
            await self.nc.close()
