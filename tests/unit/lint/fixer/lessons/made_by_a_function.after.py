"""A function of the file makes the connection: what it returns is entered."""

import nats
from nats.aio.client import Client as NATS


async def connect(url):
    return await nats.connect(url)


async def a_function_that_connects(url):
    async with await connect(url) as nc:
        await nc.flush()


class Service:
    async def _connect(self):
        nc = NATS()
        await nc.connect(self.url)
        return nc

    async def send(self, data):
        async with await self._connect() as nc:  # unsafe: it is closed at the end of the block, where it was not closed before
            await nc.publish("jobs", data)


async def connect_or_none(url):
    try:
        return await nats.connect(url)
    except OSError:
        return None


async def a_function_that_may_return_None(url):
    nc = await connect_or_none(url)  # left: 'connect_or_none' may return None
    if nc is None:
        return
    try:
        await nc.flush()
    finally:
        await nc.close()
