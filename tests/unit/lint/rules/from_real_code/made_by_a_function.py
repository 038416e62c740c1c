"""A call of a function of the same file that always returns a new connection is an acquisition itself."""

import asyncio
import functools
import logging

import nats
from nats.aio.client import Client as NATS

URL = "nats://localhost"
log = logging.getLogger(__name__)


async def connect(url=URL):
    return await nats.connect(url)


async def configured():
    nc = NATS()
    await nc.connect(URL, name="jobs")
    log.info("connected to %s", nc.connected_url)
    return nc


async def checked():
    nc = await nats.connect(URL)
    try:
        await nc.flush()
    except BaseException:
        await nc.close()
        raise
    return nc


async def with_retries():
    while True:
        try:
            return await asyncio.wait_for(nats.connect(URL), 5)
        except OSError:
            await asyncio.sleep(1)


async def if_there_is_a_server():
    try:
        return await nats.connect(URL)
    except OSError:
        return None


async def by_way_of_another():
    nc = await connect()
    return nc


async def never_closed():
    nc = await connect()  # expect: NAQ103@16 connection 'nc' from 'connect' (line -41) is never closed; use 'async with await connect() as nc'
    await nc.publish("a", b"b")


async def closed_by_hand(url):
    nc = await connect(url)  # expect: NAQ101@16 connection 'nc' from 'connect' (line -46) is closed by hand; use 'async with await connect(url) as nc'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def closed_on_some_paths():
    nc = await configured()  # expect: NAQ102@16 connection 'nc' from 'configured' (line -49) stays open if line +1 raises; use 'async with await configured() as nc'
    await nc.publish("a", b"b")
    await nc.close()


async def of_a_checked_one():
    nc = await checked()  # expect: NAQ103@16 connection 'nc' from 'checked' (line -49) is never closed; use 'async with await checked() as nc'
    await nc.publish("a", b"b")


async def in_a_time_limit():
    nc = await asyncio.wait_for(with_retries(), 60)  # expect: NAQ103@33 connection 'nc' from 'with_retries' (line -42) is never closed; use 'async with await with_retries() as nc'
    await nc.publish("a", b"b")


async def through_two_functions():
    nc = await by_way_of_another()  # expect: NAQ103@16 connection 'nc' from 'by_way_of_another' (line -34) is never closed; use 'async with await by_way_of_another() as nc'
    await nc.publish("a", b"b")


async def perhaps_none():
    nc = await if_there_is_a_server()  # expect: NAQ102@16 connection 'nc' from 'if_there_is_a_server' (line -45) stays open if line +3 raises; use 'async with nc' where it is not None
    if nc is None:
        return
    await nc.publish("a", b"b")
    await nc.close()


async def perhaps_none_and_closed_by_hand():
    nc = await if_there_is_a_server()  # expect: NAQ101@16
    try:
        log.info("connected")
    finally:
        if nc is not None:
            await nc.close()


async def thrown_away():
    await connect()  # expect: NAQ103@11 connection from 'connect' (line -92) is never closed; use 'async with await connect() as nc'


async def not_awaited():
    connect()  # expect: NAQ109@5 'connect()' is not awaited, so nothing is opened; use 'await connect()'


async def managed():
    async with await connect() as nc:
        await nc.publish("a", b"b")


# NAQ102, as what comes before the hand-off may fail.
async def handed_on():
    nc = await connect()  # expect: NAQ102@16 connection 'nc' from 'connect' (line -106) stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    return nc


def started():
    nc = asyncio.run(connect())  # expect: NAQ103@22 connection 'nc' from 'connect' (line -112) is never closed; use 'async with await connect() as nc' in an async function
    print(nc.connected_url)


class Service:
    async def _connect(self):
        return await nats.connect(self.url, connect_timeout=2)

    @staticmethod
    async def plain():
        return await nats.connect(URL)

    async def send(self):
        nc = await self._connect()  # expect: NAQ103@20 connection 'nc' from '_connect' (line -7) is never closed; use 'async with await self._connect() as nc'
        await nc.publish("a", b"b")

    async def send_plainly(self):
        nc = await Service.plain()  # expect: NAQ103@20 connection 'nc' from 'plain' (line -7) is never closed; use 'async with await Service.plain() as nc'
        await nc.publish("a", b"b")

    async def connect(self):
        nc = await connect()  # expect: NAQ103@20 connection 'nc' from 'connect' (line -133) is never closed; use 'async with await connect() as nc'
        await nc.publish("a", b"b")

    async def start(self):
        self.nc = await self._connect()

    async def stop(self):
        await self.nc.drain()


class NeverStops:
    async def _connect(self):
        return await nats.connect(URL)

    async def start(self):
        self.nc = await self._connect()  # expect: NAQ108@25


# What other code may have too need not be closed here.
_shared = None


async def shared():
    global _shared
    if _shared is None or _shared.is_closed:
        _shared = await nats.connect(URL)
    return _shared


class Client:
    async def connection(self):
        if self._nc is None:
            self._nc = await nats.connect(URL)
        return self._nc

    async def stored(self):
        nc = await nats.connect(URL)
        self._nc = nc
        return nc

    async def closed_later(self, stack):
        nc = await nats.connect(URL)
        stack.push_async_callback(nc.close)
        return nc

    async def seen_by_others(self, watch):
        nc = await nats.connect(URL)
        watch(nc)
        return nc

    async def use(self):
        nc = await self.connection()
        await nc.publish("a", b"b")
        nc = await self.stored()
        await nc.publish("a", b"b")
        nc = await self.closed_later(None)
        await nc.publish("a", b"b")
        nc = await self.seen_by_others(print)
        await nc.publish("a", b"b")
        nc = await shared()
        await nc.publish("a", b"b")

    async def stop(self):
        await self._nc.close()


# Another function may stand behind the name.
@functools.cache
def cached():
    return nats.connect(URL)


@log.catch
async def decorated():
    return await nats.connect(URL)


async def or_given(given):
    return given or await nats.connect(URL)


async def with_context():
    nc = await nats.connect(URL)
    return nc, nc.jetstream()


async def closed_already():
    async with await nats.connect(URL) as nc:
        return nc  # expect: NAQ106


async def generated():
    yield await nats.connect(URL)


try:
    from app import opened
except ImportError:

    async def opened():
        return await nats.connect(URL)


class Base:
    async def _connect(self):
        return await nats.connect(URL)

    async def run(self):
        nc = await self._connect()
        await nc.publish("a", b"b")


class Derived(Base):
    async def _connect(self):
        return self.pool.connection()


class Replaced:
    def __init__(self, connection):
        self._connect = connection

    async def _connect(self):
        return await nats.connect(URL)

    async def run(self):
        nc = await self._connect()
        await nc.publish("a", b"b")


async def of_the_others(connect):
    nc = await cached()
    await nc.publish("a", b"b")
    nc = await decorated()
    await nc.publish("a", b"b")
    nc = await or_given(None)
    await nc.publish("a", b"b")
    nc, js = await with_context()  # expect: NAQ103@20 connection 'nc' from 'with_context' (line -54) is never closed; use 'async with nc'
    await js.publish("a", b"b")
    nc = await opened()
    await nc.publish("a", b"b")
    nc = await closed_already()
    await nc.publish("a", b"b")
    nc = await connect()
    await nc.publish("a", b"b")
