"""A block would rebind a name whose value nothing has used: linters report that, as they did not before (F811)."""

import nats
from nats.aio.client import Client as NATS


async def acquired_twice_at_once(url):
    nc = await nats.connect(url)  # left: its release is shared with what is acquired on line N
    nc = await nats.connect(url)  # left: nothing reads the value that line N assigns to 'nc'
    await nc.flush()
    await nc.close()


async def before_a_loop(url, names):
    nc = NATS()
    for name in names:
        nc = await nats.connect(url, name=name)  # left: nothing reads the value that line N assigns to 'nc'
        await nc.flush()
        await nc.close()


async def it_was_used(url, nc):
    nc = await nats.connect(url)  # left: 'nc' is bound again on line N
    await nc.flush()
    nc = await nats.connect(url)
    await nc.flush()
    await nc.close()


async def on_one_way_only(url, given):
    if given:
        nc = given
    nc = await nats.connect(url)
    await nc.flush()
    await nc.close()


async def annotated(url):
    nc: NATS
    try:
        nc = await nats.connect(url)
        await nc.flush()
    finally:
        await nc.close()


async def after_a_loop(url, ready):
    while ready():
        nc = await nats.connect(url)  # left: nothing follows the acquisition in its block
    nc = await nats.connect(url)  # left: nothing reads the value that line N assigns to 'nc'
    await nc.close()
