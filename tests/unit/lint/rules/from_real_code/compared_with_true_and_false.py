"""`client.is_closed is False` asks the same as `not client.is_closed`."""

import nats


async def closed_where_it_is_open(url):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    try:
        await nc.flush()
    finally:
        if nc.is_closed is False:
            await nc.close()


async def compared_in_other_ways(url):
    nc = await nats.connect(url)  # expect: NAQ101
    try:
        await nc.flush()
    finally:
        if nc.is_closed != True:
            await nc.close()


async def left_open_where_it_is_open(url):
    nc = await nats.connect(url)  # expect: NAQ102
    try:
        await nc.flush()
    finally:
        if nc.is_connected == False:
            await nc.close()
