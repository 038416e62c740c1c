"""A function that makes a connection, and one that something may replace."""

import nats

URL = "nats://localhost"


async def make():
    return await nats.connect(URL)


async def uses_make():
    nc = await make()  # expect: NAQ103@16 connection 'nc' from 'make' (line -4) is never closed; use 'async with await make() as nc'
    await nc.flush()


async def make_that_is_replaced():
    return await nats.connect(URL)


def replace(other):
    global make_that_is_replaced
    make_that_is_replaced = other


async def uses_what_may_be_replaced():
    nc = await make_that_is_replaced()
    await nc.flush()


async def make_that_is_read():
    return await nats.connect(URL)


READ = [make_that_is_read, make_that_is_read]


async def uses_what_is_only_read():
    nc = await make_that_is_read()  # expect: NAQ103@16 connection 'nc' from 'make_that_is_read' (line -7) is never closed; use 'async with await make_that_is_read() as nc'
    await nc.flush()


async def replaces_another(patch):
    with patch("app.other"):
        nc = await nats.connect(URL)  # expect: NAQ103
        await nc.flush()


async def replaces_what_it_calls(patch):
    with patch("app.connect"):
        nc = await nats.connect(URL)
        await nc.flush()
