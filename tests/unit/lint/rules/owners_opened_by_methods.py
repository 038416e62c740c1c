"""Objects of owner classes on `self`, which one method opens and closes, itself or by other methods."""

import asyncio

import nats


class Bus:
    def __init__(self, url):
        self.url = url
        self.nc = None

    async def connect(self):
        self.nc = await nats.connect(self.url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def subscribe(self, callback):
        await self.nc.subscribe("orders", cb=callback)

    async def close(self):
        if self.nc:
            await self.nc.close()


class Worker:
    def __init__(self, url):
        self.bus = Bus(url)

    async def answer(self, message):
        await self.bus.publish(message.data)

    async def loop(self):
        await self.bus.connect()  # expect: NAQ114@15 Bus 'self.bus' opens a connection (line -21) and stays open if line +1 raises; call 'await self.bus.close()' in a 'finally'
        await self.bus.subscribe(self.answer)
        try:
            while True:
                await asyncio.sleep(1)
        finally:
            await self.bus.close()


class ByMethods:
    def __init__(self, url):
        self.line = Bus(url)

    async def _open(self):
        await self.line.connect()

    async def run(self, data):
        await self._open()  # expect: NAQ114@15 Bus 'self.line' opens a connection (line -38) and stays open if line +1 raises; call 'await self.line.close()' in a 'finally'
        await self.line.publish(data)
        await self.line.close()


# Silent: every way closes it.
class ClosedAlways:
    def __init__(self, url):
        self.always = Bus(url)

    async def run(self, data):
        try:
            await self.always.connect()
            await self.always.publish(data)
        finally:
            await self.always.close()


# Silent: another method may close it.
class ClosedByAnother:
    def __init__(self, url):
        self.shared = Bus(url)

    async def run(self, data):
        await self.shared.connect()
        await self.shared.publish(data)
        await self.shared.close()

    async def stop(self):
        await self.shared.close()


# Silent: other code gets the connection inside of the object.
class LooksInside:
    def __init__(self, url):
        self.inner = Bus(url)

    async def run(self, data):
        await self.inner.connect()
        await self.inner.publish(data)
        await self.inner.close()

    def connection(self):
        return self.inner.nc
