"""An attribute that only a cancellation leaves open."""

import asyncio

import nats


class WaitsBetween:
    async def open(self):
        self.nc = await nats.connect("nats://localhost")

    async def run(self):
        await self.open()
        await asyncio.sleep(1)
        await self.close()

    async def close(self):
        await self.nc.close()


async def runs():
    await WaitsBetween().run()
