"""What is awaited has its arguments before it raises: it may keep them all the same."""

import asyncio
import contextlib

import nats

URL = "nats://localhost"


# Was a false alarm: where `use` raises what is suppressed, it has the connection.
async def suppressed(use, own, fails):
    nc = await nats.connect(URL)
    if fails:
        await nc.close()
        raise ValueError
    with contextlib.suppress(ValueError):
        await use(nc)


async def suppressed_in_time(use, fails):
    nc = await nats.connect(URL)
    if fails:
        await nc.close()
        raise ValueError
    with contextlib.suppress(ValueError):
        await asyncio.wait_for(use(nc), 5)


# A plain call may raise before it has kept anything.
async def called(use, fails):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +5 raises; use 'async with await nats.connect(URL) as nc'
    if fails:
        await nc.close()
        raise ValueError
    with contextlib.suppress(ValueError):
        use(nc)
