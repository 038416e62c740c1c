"""What is handed to an object on one way and closed on the other needs nothing more, where one tells the ways apart."""

import nats
from app import Other, Runner, find


class Local:
    def __init__(self, nc):
        self.nc = nc


async def closed_unless_handed(url, sink):
    nc = None
    runner: Runner | None = None
    try:
        await sink.start()
        nc = await nats.connect(url)
        await nc.flush()
        runner = Runner(sink, connection=nc)
        await runner.start()
    finally:
        if runner is not None:
            await runner.stop()
        elif nc is not None:
            await nc.close()


async def closed_unless_handed_to_a_local_class(url, sink):
    nc = None
    local = None
    try:
        nc = await nats.connect(url)
        await nc.flush()
        local = Local(nc)
        await sink.start(local)
    finally:
        if local is not None:
            await local.nc.close()
        elif nc is not None:
            await nc.close()


# What a function returns may be None, whatever it was given.
async def found_nothing(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    row = await find(nc)
    if row is None:
        return
    await nc.close()


async def may_be_none(url, other: Other):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    row = find(nc)
    if row is None:
        return
    await nc.close()
