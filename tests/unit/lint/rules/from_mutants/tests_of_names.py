"""What a test of a name says about the resource, however the test is written."""

import nats

URL = "nats://localhost"


async def a_negation_that_is_kept(given):
    nc = await nats.connect(URL) if given else None  # expect: NAQ101@16 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    none = not nc
    if none:
        return
    await nc.close()


async def a_negation_that_is_read_wrongly(given):
    nc = await nats.connect(URL) if given else None  # expect: NAQ103@16 connection 'nc' is never closed; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    none = not nc
    if not none:
        return
    await nc.close()


async def identical_to_true(other):
    nc = None
    if other:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    x = True
    if nc is x:
        return
    if nc:
        await nc.close()


async def false_and_then_none(x):
    nc = None
    if x is None:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    if x:
        return
    if x is None:
        await nc.close()


async def the_other_one_on_the_left(other):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    if other is nc:
        return
    await nc.close()


async def the_other_one_on_the_right(other):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    if nc is other:
        return
    await nc.close()


async def a_test_of_a_type_without_arguments():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 returns; use 'async with await nats.connect(URL) as nc'
    if isinstance():
        return
    await nc.close()


async def a_test_of_what_another_object_says(other):
    nc = await nats.connect(URL)  # expect: NAQ102
    if other.is_connected():
        await nc.close()
