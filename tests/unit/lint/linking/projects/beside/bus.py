"""An owner class in a module that is in no package."""

import nats


class Bus:
    async def connect(self):
        self.nc = await nats.connect("u")

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()
