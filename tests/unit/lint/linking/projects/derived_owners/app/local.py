"""A class that derives from an owner class of the same module."""

import nats


class Base:
    async def connect(self):
        self.nc = await nats.connect("u")

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


class Near(Base):
    async def order(self, data):
        await self.publish(data)


async def uses(data):
    near = Near()
    await near.connect()  # expect: NAQ114@11 Near 'near' opens a connection (line -16) and is never closed; call 'await near.close()' in a 'finally'
    await near.order(data)
