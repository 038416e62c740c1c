"""A block would rebind a name whose value nothing has used: linters report that, as they did not before (F811)."""

import nats
from nats.aio.client import Client as NATS


async def acquired_twice_at_once(url):
    nc = await nats.connect(url)  # left: nothing follows the acquisition in its block
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
    async with await nats.connect(url) as nc:  # unsafe: it is closed at the end of the block, where it was not closed before
        await nc.flush()
    async with await nats.connect(url) as nc:
        await nc.flush()


async def on_one_way_only(url, given):
    if given:
        nc = given
    async with await nats.connect(url) as nc:
        await nc.flush()


async def annotated(url):
    nc: NATS
    async with await nats.connect(url) as nc:
        await nc.flush()


async def after_a_loop(url, ready):
    while ready():
        nc = await nats.connect(url)  # left: nothing follows the acquisition in its block
    nc = await nats.connect(url)  # left: nothing reads the value that line N assigns to 'nc'
    await nc.close()


async def given_again_later(url):
    async with await nats.connect(url) as nc:
        await nc.flush()
    print("once more")
    async with await nats.connect(url) as nc:
        await nc.flush()


async def given_again_in_a_block(url, lock):
    async with await nats.connect(url) as nc:
        await nc.flush()
    async with lock:
        nc = await nats.connect(url)
    async with nc:
        await nc.flush()


async def given_again_where_one_may_not_be(url, ready):
    nc = await nats.connect(url)  # left: its release is shared with what is acquired on line N
    await nc.flush()
    if ready():
        await nc.close()
        nc = await nats.connect(url)  # left: its release is shared with what is acquired on line N
    await nc.close()


async def none_above_a_try_in_which_it_is_not_first(url, data, show):
    try:
        name = data["name"]
        async with await nats.connect(url, name=name) as nc:
            await nc.flush()
    except ValueError as error:
        show(error)


async def none_above_a_loop(urls, show):
    for url in urls:
        if url:
            async with await nats.connect(url) as nc:
                await nc.flush()
        show(url)


async def none_that_is_read(url, data, show):
    nc = None
    try:
        nc = await nats.connect(url)
        await nc.flush()
        await nc.close()
    except ValueError:
        show(nc)
