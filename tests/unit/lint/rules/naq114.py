"""Objects that open a connection and are never closed. Classes of other modules are in `linking/projects/owners`."""

import nats


class Bus:
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


async def never_closed(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (line -11) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(b"1")


async def closed(url):
    bus = Bus()
    try:
        await bus.connect(url)
        await bus.publish(b"1")
    finally:
        await bus.close()


class Opened:
    def __init__(self, path):
        self.nc = nats.NATS()

    async def start(self):
        await self.nc.connect("u")

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *exception):
        await self.nc.drain()


async def not_entered():
    opened = Opened("p")
    await opened.start()  # expect: NAQ114@11 Opened 'opened' opens a connection (line -12) and is never closed; use 'async with Opened("p") as opened'


async def entered():
    async with Opened("p") as opened:
        print(opened)
