"""Closed by hand on every path: the ways of release, the wrappers of an acquisition, and what is managed."""

import asyncio
import contextlib
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, nullcontext
from unittest import IsolatedAsyncioTestCase

import nats
import pytest
from nats import connect
from nats.aio.client import Client

URL = "nats://localhost"


async def bare_name():
    nc = await connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def options_as_written():
    link = await nats.connect(servers=[URL], name="a")  # expect: NAQ101@18 connection 'link' is closed by hand; use 'async with await nats.connect(servers=[URL], name="a") as link'
    try:
        await link.publish("a", b"b")
    finally:
        await link.drain()


async def imported_inside():
    import nats as inner

    nc = await inner.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await inner.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def with_a_timeout():
    nc = await asyncio.wait_for(nats.connect(URL), 5)  # expect: NAQ101@33 connection 'nc' is closed by hand; use 'async with nc'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


def synchronous_driver():
    loop = asyncio.new_event_loop()
    nc = loop.run_until_complete(nats.connect(URL))  # expect: NAQ101@34 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc' in an async function
    try:
        loop.run_until_complete(nc.publish("a", b"b"))
    finally:
        loop.run_until_complete(nc.close())


async def client_object():
    nc = Client()
    await nc.connect(URL)  # expect: NAQ101@11 connection 'nc' is closed by hand; use 'async with nc'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def narrowed_by_state():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    finally:
        if not nc.is_closed:
            await nc.close()


async def none_first():
    nc = None
    try:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
        await nc.publish("a", b"b")
    finally:
        if nc:
            await nc.close()


async def same_guard(own, nc=None):
    if own:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    try:
        await nc.publish("a", b"b")
    finally:
        if own:
            await nc.close()


async def borrowed_and_released(work):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        # A function that releases the resource itself owns it, whichever function borrowed it in between.
        await work(nc)
    finally:
        await nc.close()


async def each_turn(urls):
    for url in urls:
        nc = await nats.connect(url)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
        try:
            if url:
                continue
            await nc.publish("a", b"b")
        finally:
            await nc.close()


async def nested_tries():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        try:
            await nc.publish("a", b"b")
        except ValueError:
            return
        else:
            await nc.flush()
    finally:
        await nc.close()


async def suppressed_close():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    finally:
        with contextlib.suppress(Exception):
            await nc.close()


async def drain_or_close():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    finally:
        try:
            await nc.drain()
        except Exception:
            await nc.close()


async def walrus():
    if (nc := await nats.connect(URL)) is not None:  # expect: NAQ101@21 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
        try:
            await nc.publish("a", b"b")
        finally:
            await nc.close()


async def shielded():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    finally:
        await asyncio.shield(nc.close())


# Silent from here on: every managed form.
async def managed():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")


async def managed_with_timeout():
    async with await asyncio.wait_for(nats.connect(URL), 5) as nc:
        await nc.publish("a", b"b")


async def managed_later():
    nc = await nats.connect(URL)
    async with nc:
        await nc.publish("a", b"b")


async def managed_client_object():
    async with Client() as nc:
        await nc.connect(URL)
        await nc.publish("a", b"b")


async def entered_by_the_stack():
    async with AsyncExitStack() as stack:
        nc = await stack.enter_async_context(await nats.connect(URL))
        await nc.publish("a", b"b")


async def callback_of_the_stack():
    async with AsyncExitStack() as stack:
        nc = await nats.connect(URL)
        stack.push_async_callback(nc.close)
        await nc.publish("a", b"b")


async def ternary(given):
    async with nullcontext(given) if given else await nats.connect(URL) as nc:
        await nc.publish("a", b"b")


class Suite(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.nc = await nats.connect(URL)
        self.addAsyncCleanup(self.nc.close)

    async def test_local(self):
        nc = await nats.connect(URL)
        self.addAsyncCleanup(nc.close)
        await nc.publish("a", b"b")

    async def test_entered(self):
        nc = await self.enterAsyncContext(await nats.connect(URL))
        await nc.publish("a", b"b")


@asynccontextmanager
async def context_manager():
    nc = await nats.connect(URL)
    try:
        yield nc
    finally:
        await nc.close()


@pytest.fixture
async def resumed_always():
    # pytest resumes a fixture whatever the test did.
    nc = await nats.connect(URL)
    yield nc
    await nc.close()


async def not_an_aclose():
    # A Client has no aclose: this raises AttributeError on leaving and closes nothing.
    async with aclosing(await nats.connect(URL)) as nc:  # expect: NAQ103@31 connection is never closed; use 'async with await nats.connect(URL) as nc'
        await nc.publish("a", b"b")


async def somebody_elses_connect(connect):
    nc = await connect(URL)
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def database(db):
    nc = await db.connect(URL)
    await nc.execute("a")
