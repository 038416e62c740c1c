"""Names that a `with` binds, and what is closed inside a block."""

import nats

URL = "nats://localhost"


async def closes_another_one_in_a_block(a, flag):
    async with await nats.connect(URL) as a:
        nc = a if flag else await nats.connect(URL)  # expect: NAQ101@35 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
        await nc.close()


async def a_name_that_a_with_rebinds(x):
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    with x as nc:
        pass
    await nc.close()


async def views_before_a_yield():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if the code that line +2 yields to raises or stops; use 'async with await nats.connect(URL) as nc'
    js = nc.jetstream()
    yield js
    await nc.close()


async def only_views():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    nc.jetstream()
    print("done")
    await nc.close()


# Silent: it is open for the caller, and closed by hand, while the generator waits.
async def lent_by_a_generator():
    nc = await nats.connect(URL)
    js = nc.jetstream()
    try:
        yield
    finally:
        await nc.close()
    print(js is None)
