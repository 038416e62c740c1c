"""A function of another module that fails where it is given None: what follows runs with a connection only."""

import nats

from app.none_taken import shut, shut_if_any


async def given_by_both_or_none(own):
    nc = None
    if own:
        nc = await nats.connect("a")  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect("a"))' in the block of an 'AsyncExitStack'
    await shut(nc)
    nc = await nats.connect("b")  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect("b") as nc'
    if own:
        await nc.close()


async def tested(own):
    nc = None
    if own:
        nc = await nats.connect("a")  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect("a"))' in the block of an 'AsyncExitStack'
    await shut_if_any(nc)
    nc = await nats.connect("b")  # expect: NAQ102@16 connection 'nc' stays open if line +1 returns; use 'async with await nats.connect("b") as nc'
    if own:
        await nc.close()
