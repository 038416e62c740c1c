"""Functions that return an object which has a connection by a private name."""

from contextlib import asynccontextmanager

import nats


class ClosedStore:
    def __init__(self, link):
        self._closed_link = link

    async def put(self, data):
        await self._closed_link.publish("orders", data)


class LeftStore:
    def __init__(self, link):
        self._left_link = link

    async def put(self, data):
        await self._left_link.publish("orders", data)


# Silent: `uses_makes.py` closes it.
async def make_closed(url):
    return ClosedStore(await nats.connect(url))


async def make_left(url):
    return LeftStore(await nats.connect(url))  # expect: NAQ103


# The block of a context manager only uses what it gets.
@asynccontextmanager
async def opened(url):
    yield ClosedStore(await nats.connect(url))  # expect: NAQ103
