"""A nested function passes the connection to other code, which may keep it: from its definition on, as if it were called."""
import asyncio

import nats


async def fails_before(settings, handle):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect("u") as nc'
    settings = settings.load()

    async def handler(message):
        await handle(nc, message)

    try:
        await nc.subscribe("jobs", cb=handler)
        await asyncio.Event().wait()
    finally:
        await nc.close()


async def fails_afterwards(handle):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +5 raises; use 'async with await nats.connect("u") as nc'

    async def handler(message):
        await handle(nc, message)

    await nc.subscribe("jobs", cb=handler)
    await nc.drain()


# Silent: nothing else closes it, so the code that gets it may.
async def only_lends(handle):
    nc = await nats.connect("u")

    async def handler(message):
        await handle(nc, message)

    await nc.subscribe("jobs", cb=handler)
    await asyncio.Event().wait()


# Silent: the nested function, or what it calls, is named after a release, or closes or keeps the connection itself.
async def calls_a_release(settings, close_all):
    nc = await nats.connect("u")
    settings = settings.load()

    async def handler(message):
        await close_all(nc)

    await nc.subscribe("jobs", cb=handler)
    await nc.close()


async def is_a_release(settings, handle):
    nc = await nats.connect("u")
    settings = settings.load()

    async def stop_all(message):
        await handle(nc, message)

    await nc.subscribe("jobs", cb=stop_all)
    await nc.close()


async def closes_itself(settings, handle):
    nc = await nats.connect("u")
    settings = settings.load()

    async def handler(message):
        await handle(nc, message)
        await nc.close()

    await nc.subscribe("jobs", cb=handler)
    await nc.close()


async def returns_it(settings, handle):
    nc = await nats.connect("u")
    settings = settings.load()

    async def handler(message):
        await handle(nc, message)
        return nc

    await settings.run(handler)
    await nc.close()


# Silent: the nested function is there before the connection, and any call may run it.
async def is_defined_before(settings, handle):
    nc = None

    async def handler(message):
        await handle(nc, message)

    nc = await nats.connect("u")
    settings.load(handler)
    await nc.close()


async def is_defined_on_each_turn(settings, handle):
    for setting in settings:
        nc = await nats.connect("u")
        setting.load()

        async def handler(message):
            await handle(nc, message)

        setting.handlers.append(handler)
        await nc.close()


# Silent: a lambda may be kept where it is.
async def uses_a_lambda(settings, handle):
    nc = await nats.connect("u")
    settings.load(lambda message: handle(nc, message))
    await nc.close()
