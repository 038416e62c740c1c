# settings: {"resource": [{"name": "file", "acquire": ["open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}]}
"""A helper of the same file that always raises where it is given None: nothing comes after it on that path."""

import asyncio

import nats

URL = "nats://localhost"


async def shut(c):
    await c.close()


async def shut_if(c):
    if c is not None:
        await c.close()


async def shut_twice(c):
    await shut(c)


async def shut_quietly(c):
    try:
        await c.close()
    except Exception:
        pass


def shut_file(f):
    f.close()


def later(f):
    yield f.close()


# Was a false alarm: where it is not its own, `shut(None)` raises, and no connection is made after it.
async def replaced(own):
    nc = None
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20
    await shut(nc)
    nc = await nats.connect(URL)  # expect: NAQ101@16
    if own:
        await nc.close()


async def replaced_through_a_second_helper(own):
    nc = None
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20
    await shut_twice(nc)
    nc = await nats.connect(URL)  # expect: NAQ101@16
    if own:
        await nc.close()


async def replaced_in_time(own):
    nc = None
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20
    await asyncio.wait_for(shut(nc), 5)
    nc = await nats.connect(URL)  # expect: NAQ101@16
    if own:
        await nc.close()


def replaced_file(own, path):
    f = None
    if own:
        f = open(path)  # expect: NAQ101@13
    shut_file(f)
    f = open(path)  # expect: NAQ101@9
    if own:
        f.close()


async def asks_before(own):
    nc = None
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20
    await shut_if(nc)
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 returns; use 'async with await nats.connect(URL) as nc'
    if own:
        await nc.close()


async def takes_the_error(own):
    nc = None
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20
    await shut_quietly(nc)
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 returns; use 'async with await nats.connect(URL) as nc'
    if own:
        await nc.close()


# Only what is awaited runs, and a generator only as far as a caller asks.
async def not_awaited(own, start):
    nc = None
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20
    start(shut(nc))
    nc = await nats.connect(URL)  # expect: NAQ102@16
    if own:
        await nc.close()


def asked_for_later(own, path):
    f = None
    if own:
        f = open(path)  # expect: NAQ101@13
    later(f)
    f = open(path)  # expect: NAQ102@9
    if own:
        f.close()


# Was a false alarm: what `shut(None)` raises is not a KeyError, so the handler is reached with a connection only.
async def handled_with_one_only(own, work):
    nc = None
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20
    try:
        try:
            await shut(nc)
        except KeyError:
            nc = await nats.connect(URL)  # expect: NAQ101@24
        finally:
            await work()
            await nc.close()
        return
    finally:
        if own:
            await nc.close()
