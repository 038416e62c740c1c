"""A function of the file makes the connection: what it returns is entered."""

import nats
from nats.aio.client import Client as NATS


async def connect(url):
    return await nats.connect(url)


async def a_function_that_connects(url):
    async with await connect(url) as nc:
        await nc.flush()


class Service:
    async def _connect(self):
        nc = NATS()
        await nc.connect(self.url)
        return nc

    async def send(self, data):
        async with await self._connect() as nc:  # unsafe: it is closed at the end of the block, where it was not closed before
            await nc.publish("jobs", data)


async def connect_or_none(url):
    try:
        return await nats.connect(url)
    except OSError:
        return None


async def a_function_that_may_return_None(url):
    nc = await connect_or_none(url)
    if nc is None:
        return
    async with nc:
        await nc.flush()


async def none_raises(url):
    nc = await connect_or_none(url)
    if not nc:
        print("down")
        raise SystemExit(2)
    async with nc:
        await nc.flush()


async def none_in_a_loop(urls):
    for url in urls:
        nc = await connect_or_none(url)
        if nc is None:
            continue

        async with nc:
            # ask
            await nc.flush()


async def none_goes_on(url):
    nc = await connect_or_none(url)  # left: 'connect_or_none' may return None
    if nc is None:
        print("down")
    else:
        await nc.flush()
        await nc.close()


async def none_is_asked_for_with_more(url, other):
    nc = await connect_or_none(url)  # left: 'connect_or_none' may return None
    if nc is None or other:
        return
    await nc.flush()
    await nc.close()


async def none_is_asked_for_later(url):
    nc = await connect_or_none(url)  # left: 'connect_or_none' may return None
    print("asked")
    if nc is None:
        return
    await nc.flush()
    await nc.close()


async def none_has_an_else(url):
    nc = await connect_or_none(url)  # left: 'connect_or_none' may return None
    if nc is None:
        return
    else:
        await nc.flush()
    await nc.close()


async def a_function_that_returns_no_None(url):
    async with await connect(url) as nc:
        if nc is None:
            return
        await nc.flush()
