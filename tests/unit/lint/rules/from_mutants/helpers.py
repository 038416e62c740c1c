"""Functions of the same file that are given the resource."""

import functools

import nats

URL = "nats://localhost"


async def shut_later(nc):
    def keep():
        return nc

    await nc.close()
    return keep


async def a_helper_whose_closure_keeps_it():
    nc = await nats.connect(URL)
    keep = await shut_later(nc)
    keep()


def retried(function):
    @functools.wraps(function)
    async def call(*args):
        try:
            return await function(*args)
        except AttributeError:
            return None

    return call


@retried
async def shut(nc):
    await nc.close()


async def shut_plainly(nc):
    await nc.close()


async def a_decorated_helper_may_take_none(given):
    nc = None
    if given:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    await shut(nc)
    if nc is None:
        print("reached with None")


async def a_plain_helper_fails_with_none(given):
    nc = None
    if given:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    await shut_plainly(nc)


async def goes_on_behind_a_decorated_helper(given):
    nc = None
    if given:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    try:
        await shut(nc)
    finally:
        if nc is None:
            other = await nats.connect(URL)  # expect: NAQ102@27 connection 'other' stays open if line -3 raises; use 'async with await nats.connect(URL) as other'
    await other.close()


# Silent: the method that the nested function calls may keep it.
async def a_nested_function_hands_it_on(registry):
    nc = await nats.connect(URL)

    def register():
        registry.keep(nc)

    register()
    await nc.flush()


async def a_nested_function_logs_it(logger):
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'

    def log():
        logger.info(nc)

    log()
    await nc.flush()


async def opened():
    return await nats.connect(URL)


async def opened_if_asked(asked):
    if asked:
        return await opened()


async def uses_what_may_be_none(asked):
    nc = await opened_if_asked(asked)  # expect: NAQ103@16 connection 'nc' from 'opened_if_asked' (line -4) is never closed; use 'async with nc' where it is not None
    await nc.flush()
