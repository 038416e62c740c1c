"""Attributes that a method opens itself, and closes by another method on some of its ways: NAQ102."""

import asyncio

import nats


class Runner:
    async def run(self):
        self.running = await nats.connect("u")  # expect: NAQ102@30 connection 'self.running' stays open if line +1 raises; call 'await self._shut_down()' in a 'finally'
        await self.running.subscribe("a")
        try:
            await asyncio.sleep(1)
        finally:
            await self._shut_down()

    async def _shut_down(self):
        await self.running.close()


class WithGuard:
    def __init__(self):
        self.guarded = None

    async def run(self):
        self.guarded = await nats.connect("u")  # expect: NAQ102@30 connection 'self.guarded' stays open if line +1 raises; call 'await self._clean_up()' in a 'finally'
        await self.guarded.subscribe("a")
        await self._clean_up()

    async def _clean_up(self):
        if self.guarded is not None:
            await self.guarded.close()
            self.guarded = None


# Silent: every way closes it.
class Closing:
    async def run(self):
        self.closed = await nats.connect("u")
        try:
            await self.closed.subscribe("a")
        finally:
            await self._shut_down()

    async def _shut_down(self):
        await self.closed.close()


# Silent: other code may close it.
class Public:
    async def run(self):
        self.public = await nats.connect("u")
        await self.public.subscribe("a")
        await self.stop()

    async def stop(self):
        await self.public.close()


class PublicBefore:
    async def run(self):
        self.public_before = await nats.connect("u")
        await self.public_before.subscribe("a")
        await self._stop()

    async def stop(self):
        await self._stop()

    async def _stop(self):
        await self.public_before.close()


class AsCallback:
    def __init__(self, loop):
        loop.add_signal_handler(15, self._stop)

    async def run(self):
        self.as_callback = await nats.connect("u")
        await self.as_callback.subscribe("a")
        await self._stop()

    async def _stop(self):
        await self.as_callback.close()


class ByAnotherRun:
    async def run(self):
        self.by_another = await nats.connect("u")
        await self.by_another.subscribe("a")

    async def rest(self):
        await self._stop()

    async def _stop(self):
        await self.by_another.close()


# Once, by the flow of the method alone.
class Direct:
    async def run(self):
        self.direct = await nats.connect("u")
        await self.direct.subscribe("a")
        await self.direct.close()

    async def _again(self):
        await self.direct.close()
