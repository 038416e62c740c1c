"""An owner class, and classes that keep an object of it."""

import nats


class Bus:
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class Closed:
    # Silent: `main.py` closes the object.
    async def start(self, url):
        self.bus = Bus()
        await self.bus.connect(url)


class Inside:
    # Silent: `main.py` closes the connection of the object.
    async def start(self, url):
        self.inner = Bus()
        await self.inner.connect(url)


class Open:
    async def start(self, url):
        self.left = Bus()
        await self.left.connect(url)  # expect: NAQ114@15
