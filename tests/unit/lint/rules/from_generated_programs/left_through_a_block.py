"""The end of another `with` block may raise, whichever way leads out of it."""

import contextlib

import nats

URL = "nats://localhost"


# Was missed: what breaks out of the loop goes through the end of the block, too.
async def by_a_break(guard):
    while True:
        async with guard():
            nc = await nats.connect(URL)  # expect: NAQ102@24 connection 'nc' stays open if line -1 raises; use 'async with await nats.connect(URL) as nc'
            break
    await nc.close()


# Was a false alarm: the return fails at the end of the block, that is suppressed, and the last line hands it on.
async def by_a_return_that_fails(guard):
    nc = None
    with contextlib.suppress(ValueError):
        with guard():
            nc = await nats.connect(URL)
            return None
    return nc


async def by_a_return_past_a_lock(lock):
    async with lock:
        nc = await nats.connect(URL)
        return nc
