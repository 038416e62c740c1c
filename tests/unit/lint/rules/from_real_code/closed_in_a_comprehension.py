"""What a comprehension over a few names does with each of them is not followed: it may close them."""

import asyncio

import nats


async def together(source_url, sink_url):
    source = sink = None
    try:
        source = await nats.connect(source_url)
        sink = await nats.connect(sink_url)
        await sink.flush()
    finally:
        await asyncio.gather(*(nc.close() for nc in (source, sink) if nc is not None))


async def only_looked_at(url):
    nc = await nats.connect(url)
    print([client.is_closed for client in (nc,)])


async def one_after_the_other(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    _ = [await client.drain() for client in [nc]]
