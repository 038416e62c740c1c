"""A helper that is a method does what it does, whether it is called on self, on cls, or on the class."""

import nats

URL = "nats://localhost"


class Tools:
    @staticmethod
    async def shut(nc):
        await nc.close()

    @classmethod
    async def end(cls, nc):
        await nc.drain()

    async def use(self, nc):
        await nc.publish("jobs", b"1")


async def by_static_method():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.flush()
    finally:
        await Tools.shut(nc)


async def by_class_method():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.flush()
    finally:
        await Tools.end(nc)


async def only_used(tools):
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    await Tools.use(tools, nc)


async def of_an_object(tools):
    nc = await nats.connect(URL)
    await tools.use(nc)


async def shadowed(Tools):
    nc = await nats.connect(URL)
    await Tools.shut(nc)
