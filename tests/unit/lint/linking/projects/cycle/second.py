"""Imports what imports it, and mentions no library."""

import first

KEPT = []


async def through():
    return await first.connected()


async def around():
    return await first.around()


async def lent(nc):
    await nc.flush()
    await first.lent(nc)


async def stored(nc):
    KEPT.append(nc)
    await first.stored(nc)


async def only_used(nc):
    await nc.flush()


async def uses_first():
    nc = await first.connected()  # expect: NAQ103
    await nc.flush()
