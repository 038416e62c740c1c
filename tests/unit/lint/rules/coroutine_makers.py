"""Plain functions that return the coroutine of an acquisition: their caller awaits it."""

import asyncio

import asyncpg
import nats


def connect(url):
    return nats.connect(url)


class Bus:
    def connect(self):
        return nats.connect(self.url)

    async def send(self):
        nc = await self.connect()  # expect: NAQ103@20 connection 'nc' from 'connect' (line -3) is never closed; use 'async with await self.connect() as nc'
        await nc.publish("a", b"")


async def send(url):
    nc = await connect(url)  # expect: NAQ102@16 connection 'nc' from 'connect' (line -13) stays open if line +1 raises; use 'async with await connect(url) as nc'
    await nc.publish("a", b"")
    await nc.close()


async def send_in_time(url):
    nc = await asyncio.wait_for(connect(url), 5)  # expect: NAQ103@33
    await nc.publish("a", b"")


async def forgets(url):
    nc = connect(url)  # expect: NAQ109@10 'connect(...)' is not awaited, so nothing is opened; use 'await connect(...)'
    nc.publish("a", b"")


# Silent: entered, closed elsewhere, scheduled, or a pool, which is awaited or entered.
async def enters(url):
    async with await connect(url) as nc:
        await nc.publish("a", b"")


async def gives(url):
    return await connect(url)


async def gathers(urls):
    return await asyncio.gather(*[connect(url) for url in urls])


def create_pool(dsn):
    return asyncpg.create_pool(dsn)


async def enters_pool(dsn):
    async with create_pool(dsn) as pool:
        await pool.fetch("a")
