"""A second name of what opens a connection or makes a client means the same."""

import nats
from nats.aio.client import Client

connect = nats.connect
Connection = Client


async def by_a_name_of_the_module(url):
    nc = await connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await connect(url) as nc'
    await nc.publish("orders", b"1")


async def by_a_name_of_the_function(url):
    opened = nats.connect
    nc = await opened(url)  # expect: NAQ103@16
    await nc.publish("orders", b"1")


async def by_another_name_of_the_class(url):
    nc = Connection()
    await nc.connect(url)  # expect: NAQ103@11
    await nc.publish("orders", b"1")


# Silent: closed.
async def closed(url):
    async with await connect(url) as nc:
        await nc.publish("orders", b"1")


# Silent: the name may hold something else.
async def bound_twice(url, fake):
    opened = nats.connect
    if fake:
        opened = fake
    nc = await opened(url)
    await nc.publish("orders", b"1")


# Silent: a parameter, and what a call gives.
async def not_the_name_of_the_module(url, connect):
    nc = await connect(url)
    await nc.publish("orders", b"1")


# Silent: another function gives the name of the module another value.
replaced = nats.connect


def replace(fake):
    global replaced
    replaced = fake


async def replaced_elsewhere(url):
    nc = await replaced(url)
    await nc.publish("orders", b"1")


# Silent: what is named is the module.
library = nats


async def by_a_name_of_the_module_nats(url):
    nc = await library.connect(url)
    await nc.publish("orders", b"1")


# Silent: two targets.
async def with_two_names(url):
    opened = again = nats.connect
    nc = await opened(url)
    await nc.publish("orders", b"1")
