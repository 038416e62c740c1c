"""Closed by hand on every path."""

import asyncio

import nats
import nats as n
from nats.aio.client import Client as NATS
from naq.connection import close_nats_connection as shut  # expect: NAQ301@28 'close_nats_connection' belongs to the by-hand connection API; use the context managers of naq.connection
from naq.connection import get_jetstream_context, get_nats_connection  # expect: NAQ301@28 'get_jetstream_context' and 'get_nats_connection' belong to the by-hand connection API; use the context managers of naq.connection

URL = "nats://localhost"


class Queue:
    def __init__(self, config):
        self.config = config

    async def jetstream(self, job):
        nc = await get_nats_connection(self.url)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with nats_jetstream(self.config) as (conn, js)'
        try:
            js = await get_jetstream_context(nc)
            await js.publish("jobs", job)
        finally:
            await shut(nc)

    async def bucket(self, key, value):
        nc = await get_nats_connection(self.url)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with nats_kv_store("status", self.config) as kv'
        try:
            js = await get_jetstream_context(nc)
            kv = await js.key_value("status")
            await kv.put(key, value)
        finally:
            await shut(nc)


async def plain(config):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with nats_connection(config) as conn'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def with_a_timeout():
    nc = await asyncio.wait_for(n.connect(URL), 5)  # expect: NAQ101@33 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.drain()


async def client_object():
    nc = NATS()
    await nc.connect(URL)  # expect: NAQ101@11 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def guarded_by_none():
    nc = None
    try:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
        await nc.publish("a", b"b")
    finally:
        if nc is not None and not nc.is_closed:
            await nc.close()


async def same_guard_twice(nc=None):
    own = nc is None
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(nats_connection())' in the block of an 'AsyncExitStack'
    try:
        await nc.publish("a", b"b")
    finally:
        if own:
            await nc.close()


async def by_a_helper():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
    try:
        await work(nc)
    finally:
        await close_quietly(nc)


async def close_quietly(connection):
    try:
        await connection.close()
    except Exception as error:
        print(error)


async def work(connection):
    await connection.publish("a", b"b")


async def every_handler():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
    try:
        await nc.publish("a", b"b")
    except BaseException:
        await nc.close()
        raise
    else:
        await nc.close()


async def alias():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
    other = nc
    try:
        await nc.publish("a", b"b")
    finally:
        await other.close()


async def retry():
    for _attempt in range(3):
        try:
            nc = await nats.connect(URL)  # expect: NAQ101@24 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
            break
        except OSError:
            await asyncio.sleep(1)
    else:
        raise RuntimeError("no server")
    await nc.close()


# Silent: a probe is closed, and managed or handed off is not reported here.
async def managed():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")


async def context_manager():
    nc = await nats.connect(URL)
    try:
        yield nc
    finally:
        await nc.close()


async def lifespan(app):
    nc = await nats.connect(URL)
    app.state.nc = nc
    try:
        yield
    finally:
        await nc.close()


async def closed_only_on_failure():
    nc = await nats.connect(URL)
    try:
        await nc.flush()
    except Exception:
        await nc.close()
        raise
    return nc


async def somebody_elses(connect):
    nc = await connect(URL)
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


# A connect that times out has acquired nothing.
async def client_object_with_a_timeout():
    nc = NATS()
    for _attempt in range(5):
        try:
            await asyncio.wait_for(nc.connect(URL), timeout=5)  # expect: NAQ101@36 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
            break
        except Exception as error:
            print(error)
    else:
        return
    await nc.close()


# Silent: the finally says so behind the close, and a finally around a block would say so where the close fails, too.
async def told(url: str, run: Run) -> None:
    nc = await nats.connect(url)
    try:
        await run(nc)
    finally:
        await nc.close()
        print("closed")


async def told_before(url: str, run: Run) -> None:
    nc = await nats.connect(url)  # expect: NAQ101@16
    try:
        await run(nc)
    finally:
        print("closing")
        await nc.close()


async def more_than_told(url: str, run: Run) -> None:
    nc = await nats.connect(url)  # expect: NAQ101@16
    try:
        await run(nc)
    finally:
        await nc.close()
        print("closed")
        run(None)
