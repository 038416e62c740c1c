"""Connections that a helper of another module closes if an argument says so."""

import nats

from app.tools import done, shut


async def left_open(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    await done(nc)


async def closed(url):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    await done(nc, close=True)


async def left_open_by_way_of_another(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    await shut(nc, False)


async def not_known(url, close):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    await shut(nc, close)
