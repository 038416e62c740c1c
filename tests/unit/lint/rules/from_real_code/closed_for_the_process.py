"""A release function without an argument closes the one connection of the process."""
import nats

from .connection import close_nats_connection, get_jetstream_context, get_nats_connection  # expect: NAQ301@25 'close_nats_connection', 'get_jetstream_context' and 'get_nats_connection' belong to the by-hand connection API; use the context managers of naq.connection


class Shelf:
    async def put(self, key, value):
        nc = None
        try:
            nc = await get_nats_connection(url=self.address)  # expect: NAQ101@24 connection 'nc' is closed by hand; use 'async with nats_jetstream() as (conn, js)'
            js = await get_jetstream_context(nc=nc)
            await js.publish(key, value)
        finally:
            if nc:
                await close_nats_connection()

    async def leak(self, key):
        nc = await get_nats_connection(url=self.address)  # expect: NAQ102@20 connection 'nc' stays open if line +1 raises; use 'async with nats_connection() as conn'
        await nc.publish(key, b"")
        await close_nats_connection(url=self.address)

    # Silent: stop() closes both.
    async def start(self):
        self._nc = await get_nats_connection(url=self.address)

    async def begin(self):
        nc = await get_nats_connection(url=self.address)
        await nc.publish("begin", b"")

    async def stop(self):
        await close_nats_connection()
        self._nc = None


# The function closes the connection that its package made.
async def of_another_package(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with nats_connection() as conn'
    await nc.publish("begin", b"")
    await close_nats_connection()


# Silent: it closes what the nested function has put into an outer name, too.
async def of_an_outer_name(url):
    nc = None

    async def begin():
        nonlocal nc
        nc = await get_nats_connection(url=url)

    await begin()
    await nc.publish("begin", b"")
    await close_nats_connection()
