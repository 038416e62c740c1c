"""What a stack closes may be kept on self; an attribute has other names and other ways to be closed."""

import asyncio
import contextlib

import nats

URL = "nats://localhost"


class OnAStack:
    async def start(self):
        self.stack = contextlib.AsyncExitStack()
        self.nc = await self.stack.enter_async_context(await nats.connect(URL))

    async def stop(self):
        await self.stack.aclose()


class ByCallback:
    async def start(self, stack):
        self.nc = await nats.connect(URL)
        stack.push_async_callback(self.nc.close)


class TwoNames:
    async def start(self):
        self.nc = self.client = await nats.connect(URL)

    async def stop(self):
        await self.nc.close()


class Matched:
    async def start(self):
        self.nc = await nats.connect(URL)

    async def stop(self):
        match self.nc:
            case None:
                pass
            case nc:
                await nc.close()


class TwoNamesOpen:
    async def start(self):
        self.nc = self.client = await nats.connect(URL)  # expect: NAQ108@39 connection 'self.client' is closed by no method of class 'TwoNamesOpen'; add one that calls 'await self.client.close()', or use a context manager


# Silent: a branch that is entered without an `await` opens nothing.
async def entered_without_await(given):
    async with nats.connect(URL) if given is None else contextlib.nullcontext(given) as nc:
        await nc.flush()


async def in_background(stop):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'

    async def beat():
        await nc.publish("beat", b"")

    task = asyncio.create_task(beat())
    try:
        await stop.wait()
    finally:
        task.cancel()
        await nc.close()


async def decorated(stop, retried):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +6 raises; use 'async with await nats.connect(URL) as nc'

    @retried
    async def beat():
        await nc.publish("beat", b"")

    task = asyncio.create_task(beat())
    try:
        await stop.wait()
    finally:
        task.cancel()
        await nc.close()
