"""A parameter that nothing sets answers the same on every turn of a loop."""

import nats

URL = "nats://localhost"


# Was a false alarm: what a turn connects, no later turn closes, and it is handed on.
async def never_both(flag, ready, keep):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 returns; use 'async with await nats.connect(URL) as nc'
    while ready():
        if flag:
            await nc.close()
            return
        else:
            nc = await nats.connect(URL)
        if ready():
            keep(nc)


# A `while` asks about what is meant to change, and a list may change between two turns.
async def drained(names, ready):
    nc = None
    while ready():
        if names:
            nc = await nats.connect(URL)  # expect: NAQ102
            await nc.publish(names.pop(), b"")
        else:
            await nc.close()


async def set_on_the_way(flag, ready):
    nc = None
    while ready():
        if flag:
            nc = await nats.connect(URL)  # expect: NAQ102
            flag = False
        else:
            await nc.close()
