"""A parameter that is asked both whether it is None and whether it is true is None where it is false."""

import nats

URL = "nats://localhost"


async def asked_before(given=None):
    own = given is None
    nc = given or await nats.connect(URL)  # expect: NAQ101@25 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    try:
        await nc.flush()
    finally:
        if own:
            await nc.close()


async def asked_after(given=None):
    nc = given or await nats.connect(URL)  # expect: NAQ101@25 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    try:
        await nc.flush()
    finally:
        if given is None:
            await nc.close()


async def asked_the_other_way(given=None):
    own = given is not None
    nc = given or await nats.connect(URL)  # expect: NAQ103@25 connection 'nc' is never closed; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    try:
        await nc.flush()
    finally:
        if own:
            await nc.close()


# Opened under each of the conditions, so that a block can begin behind them.
async def each_of_two(flag):
    if flag:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    else:
        nc = await nats.connect(OTHER)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(OTHER) as nc'
    try:
        await nc.publish("orders", b"1")
    finally:
        await nc.close()


# Opened and closed under one condition.
async def closed_where_it_is_opened(flag):
    if flag:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
        try:
            await nc.publish("orders", b"1")
        finally:
            await nc.close()


class KeepsOneThatIsGiven:
    """The close asks the same as the acquisition: an attribute that is false is taken to be None."""

    async def by_or(self):
        nc = self._nc or await nats.connect(URL)  # expect: NAQ101
        try:
            await nc.flush()
        finally:
            if self._nc is None:
                await nc.close()

    async def by_a_choice(self):
        nc = self._nc if self._nc is not None else await nats.connect(URL)  # expect: NAQ101
        try:
            await nc.flush()
        finally:
            if not self._nc:
                await nc.close()

    async def of_another_attribute(self):
        nc = self._nc or await nats.connect(URL)  # expect: NAQ102
        try:
            await nc.flush()
        finally:
            if self._other is None:
                await nc.close()
