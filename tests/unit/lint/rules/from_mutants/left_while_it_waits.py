"""Places at which a function can be left by a cancellation, or by being closed."""

import nats

URL = "nats://localhost"


async def cancelled_in_an_async_for(orders):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 is cancelled; use 'async with await nats.connect(URL) as nc'
    try:
        async for order in orders:
            print(order)
    except Exception:
        await nc.close()
        raise
    await nc.close()


async def closed_at_a_yield():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if the code that line +2 yields to raises or stops; use 'async with await nats.connect(URL) as nc'
    try:
        yield 1
    except Exception:
        await nc.close()
        raise
    await nc.close()


async def everything_is_handled(orders):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        async for order in orders:
            print(order)
    except BaseException:
        await nc.close()
        raise
    await nc.close()


class Service:
    async def only_an_async_for_waits(self, orders):
        async with await nats.connect(URL) as nc:
            self.nc = nc
            async for order in orders:
                print(order)
