"""A sleep does not raise; it is cancelled."""

import asyncio

import nats


async def wait_then_send(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect(url) as nc'
    await asyncio.sleep(1)
    await nc.publish("a", b"")
    await nc.close()


async def wait_until_reconnecting(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 is cancelled; use 'async with await nats.connect(url) as nc'
    while not nc.is_reconnecting:
        await asyncio.sleep(1)
    await nc.close()
