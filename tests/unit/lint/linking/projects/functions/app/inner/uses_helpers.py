"""Gives a connection to functions of other modules."""

import nats

from app.tools import Helpers, Holder, Looker
from ..tools import close, close_by_another, keep, keep_with_retries, pick, twice_defined, work, work_and_more
from ..tools import work_with_retries
from ..unknown import anything


async def lent():
    nc = await nats.connect("u")  # expect: NAQ103
    await work(nc)


async def lent_with_retries():
    nc = await nats.connect("u")  # expect: NAQ103
    await work_with_retries(nc)


async def kept_with_retries():
    nc = await nats.connect("u")
    await keep_with_retries(nc)


# Silent: the decorator may do more with it.
async def lent_to_an_unknown_decorator():
    nc = await nats.connect("u")
    await work_and_more(nc)


async def kept():
    nc = await nats.connect("u")
    keep(nc)


async def closed():
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect("u") as nc'
    await work(nc)
    await close(nc)


async def closed_by_a_function_that_calls_another():
    nc = await nats.connect("u")  # expect: NAQ101
    try:
        await work(conn=nc)
        await nc.flush()
    finally:
        await close_by_another(conn=nc)


async def held():
    nc = await nats.connect("u")
    return Holder(nc)


async def held_and_dropped():
    nc = await nats.connect("u")  # expect: NAQ103@16 connection 'nc' is never closed: 'Holder' of line +1 only uses it; use 'async with await nats.connect("u") as nc'
    Holder(nc)


async def looked_at():
    nc = await nats.connect("u")  # expect: NAQ103
    Looker(nc)


async def closed_by_a_static_method():
    nc = await nats.connect("u")  # expect: NAQ102
    await Helpers.publish(nc)
    await Helpers.close(nc)


# Silent: which of the two functions is called, or what the name means, is not certain.
async def uncertain():
    nc = await nats.connect("u")
    await twice_defined(nc)


async def rebound():
    nc = await nats.connect("u")
    pick(nc)


# Silent: the module is not there.
async def unknown():
    nc = await nats.connect("u")
    anything(nc)
