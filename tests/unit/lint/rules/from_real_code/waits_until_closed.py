"""A function that waits until the connection is closed."""

import asyncio

import nats


async def wait_then_close(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    await nc.subscribe("a", cb=print)
    while True:
        if nc.is_closed:
            break
        await asyncio.sleep(1)
    await nc.close()


async def wait_until_closed(url):
    nc = await nats.connect(url, allow_reconnect=False)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url, allow_reconnect=False) as nc'
    await nc.subscribe("a", cb=print)
    while not nc.is_closed:
        await asyncio.sleep(1)


async def test_server_gone(url, server):
    nc = await nats.connect(url, allow_reconnect=False)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url, allow_reconnect=False) as nc'
    await nc.publish("a", b"")
    await server.stop()
    assert nc.is_closed
