"""Closed by hand inside the manager, or twice."""

import os

import nats

URL = "nats://localhost"


async def inside():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")
        await nc.close()  # expect: NAQ107@15 connection 'nc' is closed by hand inside the block that closes it; remove the call


async def twice():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    await nc.close()
    await nc.close()  # expect: NAQ107@11 connection 'nc' is closed already on every way here; remove the call


# Silent: drain and then close is one release with a belt; closed once on each path.
async def drained(nc):
    async with await nats.connect(URL) as other:
        await other.publish("a", b"b")
    await nc.drain()
    await nc.close()


async def probe():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    await nc.drain()
    await nc.close()


# Silent: the child closes its copy.
async def in_a_child():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")
        if os.fork() == 0:
            await nc.close()
