"""A lookup is named as the line that leaks only where no call comes after it."""

import nats


async def bench(url, args):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +3 raises; use 'async with await nats.connect(url) as nc'
    left = args.count
    while left:
        await nc.publish("a", b"")
        left -= 1
    await nc.close()


async def streams_of(url, pairs):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +3 raises; use 'async with await nats.connect(url) as nc'
    js = nc.jetstream()
    for stream, subject in pairs:
        await js.add_stream(name=stream, subjects=[subject])
    await nc.close()
