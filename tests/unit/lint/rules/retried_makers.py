"""Functions that make a connection, and are called again where they fail."""

import backoff
import nats
import tenacity
from tenacity import retry, stop_after_attempt


@retry(stop=stop_after_attempt(3))
async def connect():
    return await nats.connect("u")


@tenacity.retry
async def connect_again():
    return await nats.connect("u")


class Service:
    @backoff.on_exception(backoff.expo, OSError)
    async def connect(self):
        return await nats.connect("u")

    @classmethod
    @retry
    async def open(cls):
        return await nats.connect("u")


def kept(function):
    return CACHE.setdefault(function, function)


CACHE = {}


@kept
async def cached():
    return await nats.connect("u")


@retry
@kept
async def cached_too():
    return await nats.connect("u")


async def of_a_function():
    nc = await connect()  # expect: NAQ103@16
    await nc.publish("a", b"")


async def of_another():
    nc = await connect_again()  # expect: NAQ103@16
    await nc.publish("a", b"")


async def of_a_method():
    nc = await Service().connect()  # expect: NAQ103@16
    await nc.publish("a", b"")


async def of_a_class_method():
    nc = await Service.open()  # expect: NAQ103@16
    await nc.publish("a", b"")


async def of_other_decorators():
    # Silent: what the decorator makes of the function is not known.
    nc, second = await cached(), await cached_too()
    await nc.publish("a", b"")
    await second.publish("a", b"")
