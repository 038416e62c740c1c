"""A comprehension over a few names that closes each of them closes them."""

import asyncio

import nats


async def together(source_url, sink_url):
    source = sink = None
    try:
        source = await nats.connect(source_url)  # expect: NAQ101@24 connection 'source' is closed by hand; use 'async with await nats.connect(source_url) as source'
        sink = await nats.connect(sink_url)  # expect: NAQ101@22 connection 'sink' is closed by hand; use 'async with await nats.connect(sink_url) as sink'
        await sink.flush()
    finally:
        await asyncio.gather(*(nc.close() for nc in (source, sink) if nc is not None))


async def only_looked_at(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    print([client.is_closed for client in (nc,)])


async def one_after_the_other(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    await nc.flush()
    _ = [await client.drain() for client in [nc]]
