"""A nested coroutine connects the client of the function around it."""
import nats
from nats.aio.client import Client


async def bridge(address, texts):
    async def begin():
        await nc.connect(address)  # expect: NAQ103@15 connection 'nc' is opened by a nested function and never closed; close it where it is made

    nc = Client()
    await begin()
    for text in texts:
        await nc.publish("news", text)


# Silent: it is closed, given away, or another one.
async def closed(address):
    nc = Client()

    async def begin():
        await nc.connect(address)

    await begin()
    await nc.close()


async def returned(address):
    nc = Client()

    async def begin():
        await nc.connect(address)

    await begin()
    return nc


async def passed(address, keep):
    nc = Client()

    async def begin():
        await nc.connect(address)

    await begin()
    keep(nc)


async def its_method_is_kept(address, later):
    nc = Client()

    async def begin():
        await nc.connect(address)

    later(nc.drain)
    await begin()
