"""Imports what imports it."""

import nats

import second


async def connected():
    return await nats.connect("u")


async def around():
    return await second.around()


async def lent(nc):
    await second.lent(nc)


async def stored(nc):
    await second.stored(nc)


async def uses_second():
    nc = await second.through()  # expect: NAQ103
    await nc.flush()


async def lends():
    nc = await nats.connect("u")  # expect: NAQ103
    await second.only_used(nc)


async def gives_in_a_circle():
    nc = await nats.connect("u")
    await second.lent(nc)
