"""A module that `importlib.import_module` brings, by a constant."""
import importlib
from importlib import import_module

client = importlib.import_module("nats")


async def send(url):
    nc = await client.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await client.connect(url) as nc'
    await nc.publish("a", b"")


async def inside(url):
    aio = import_module("nats.aio.client")
    nc = aio.Client()
    await nc.connect(url)  # expect: NAQ103@11 connection 'nc' is never closed; use 'async with nc'
    await nc.publish("a", b"")


# Silent: another module, or one that is not known.
async def other(url, name):
    kafka = import_module("kafka")
    some = import_module(name)
    await kafka.connect(url)
    await some.connect(url)
