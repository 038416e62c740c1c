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


class Entry:
    def __init__(self, nc):
        self.nc = nc


async def end(entry, nc, registered):
    if entry is not None and not registered:
        await entry.nc.close()
    elif nc is not None and not registered:
        await nc.close()


# Silent: the entry of the dictionary has it by then, and a function closes what is in no entry.
async def put_into_an_entry(url, lock, entries):
    nc, entry, registered = None, None, False
    try:
        nc = await nats.connect(url)
        entry = Entry(nc=nc)
        await nc.flush()
        async with lock:
            entries[url] = entry
            registered = True
    except Exception:
        await end(entry, nc, registered)
        raise
    return entry.nc.connected_url


async def put_into_an_entry_that_nothing_keeps(url, lock):
    nc, entry, registered = None, None, False
    try:
        nc = await nats.connect(url)  # expect: NAQ102
        entry = Entry(nc=nc)
        await nc.flush()
        async with lock:
            registered = True
    except Exception:
        await end(entry, nc, registered)
        raise
    return entry.nc.connected_url


async def lost_before_it_is_put_into_an_entry(url, entries):
    nc = await nats.connect(url)  # expect: NAQ102
    await nc.flush()
    entry = Entry(nc=nc)
    try:
        await nc.flush()
    except Exception:
        await nc.close()
        raise
    entries[url] = entry


async def lost_beside_another_entry(url, other, entries):
    entry = Entry(nc=other)
    entries[url] = entry
    nc = await nats.connect(url)  # expect: NAQ102
    try:
        await nc.flush()
    except TimeoutError:
        await nc.close()
        raise
    await nc.close()
