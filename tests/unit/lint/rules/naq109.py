"""Never awaited."""

import asyncio

import nats

URL = "nats://localhost"


async def acquisition():
    nats.connect(URL)  # expect: NAQ109@5 'nats.connect(...)' is not awaited, so nothing is opened; use 'await nats.connect(...)'


async def release():
    nc = await nats.connect(URL)
    try:
        await nc.publish("a", b"b")
    finally:
        nc.close()  # expect: NAQ109@9 'nc.close()' is not awaited, so nothing is closed; use 'await nc.close()'


async def entered():
    async with nats.connect(URL) as nc:  # expect: NAQ109@16 'nats.connect(...)' is a coroutine and cannot be entered; use 'async with await nats.connect(...)'
        await nc.publish("a", b"b")


async def no_coroutine():
    async with await nats.connect(URL) as nc:
        js = await nc.jetstream()  # expect: NAQ109@20 'nc.jetstream()' does not return a coroutine, and awaiting it raises TypeError; drop the await
        await js.publish("a", b"b")


async def release_with_a_name():
    nc = await nats.connect(URL)
    closing = nc.close()  # expect: NAQ109@15 'nc.close()' is not awaited, so nothing is closed; use 'await nc.close()'


async def end_of_a_name():
    nc = await nats.connect(URL)
    try:
        await nc.publish("a", b"b")
    finally:
        closing: object = nc.drain()  # expect: NAQ109@27 'nc.drain()' is not awaited, so nothing is closed; use 'await nc.drain()'
        closing.close()


class Bus:
    async def start(self):
        self.nc = await nats.connect(URL)

    async def stop(self):
        await self.nc.drain()

    def stop_later(self):
        return asyncio.create_task(self.stop())


async def owner():
    bus = Bus()
    await bus.start()
    bus.stop()  # expect: NAQ109@5 'bus.stop()' is not awaited, so nothing is closed; use 'await bus.stop()'


class HasAnOwner:
    def __init__(self):
        self.bus = Bus()

    async def run(self):
        await self.bus.start()

    def end(self):
        self.bus.stop()  # expect: NAQ109@9 'self.bus.stop()' is not awaited, so nothing is closed; use 'await self.bus.stop()'


async def owner_that_a_task_closes():
    bus = Bus()
    await bus.start()
    bus.stop_later()


# Silent: other code awaits.
async def name_that_is_awaited():
    nc = await nats.connect(URL)  # expect: NAQ101
    closing = nc.close()
    await asyncio.wait_for(closing, 1)


async def walrus_that_is_awaited():
    nc = await nats.connect(URL)  # expect: NAQ101
    await (closing := nc.close())


later = nats.connect(URL)


class AwaitsItLater:
    async def run(self, url):
        self.made = nats.connect(url)
        self.made = await self.made
        await self.made.close()


def passed_on():
    return nats.connect(URL)


async def task():
    nc = await asyncio.create_task(nats.connect(URL))
    async with nc:
        await nc.publish("a", b"b")


def run():
    return asyncio.run(nats.connect(URL))


class ReleasesAnAttribute:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def start_if_needed(self, url):
        if self.nc is None:
            self.nc = await nats.connect(url)

    async def stop(self):
        self.nc.close()  # expect: NAQ109


# A release that is only named.
async def names_the_release():
    nc = await nats.connect(URL)  # expect: NAQ103
    await nc.publish("a", b"b")
    nc.close  # expect: NAQ109@5 'nc.close' is not called, so nothing is closed; use 'await nc.close()'


class NamesTheRelease:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.inner = await nats.connect(url)

    def stop(self):
        self.nc.close  # expect: NAQ109@9 'self.nc.close' is not called, so nothing is closed; use 'await self.nc.close()'
        self.inner.jetstream

    def closer(self):
        return self.inner.close


# Silent: a name that is not known to hold a connection.
def names_another(nc):
    nc.close
