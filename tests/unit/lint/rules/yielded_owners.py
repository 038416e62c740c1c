"""A generator that opens an object, and closes it behind its `yield`; a task that gets an object and only uses it."""
import asyncio
import contextlib

import nats
import pytest


class Bus:
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


@contextlib.asynccontextmanager
async def bus_of(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (line -12) and stays open if the code that line +1 yields to raises or stops; call 'await bus.close()' in a 'finally'
    yield bus
    await bus.close()


class Worker:
    @contextlib.asynccontextmanager
    async def working(self):
        bus = Bus()
        await bus.connect(self.url)  # expect: NAQ114@15 Bus 'bus' opens a connection (line -21) and stays open if the code that line +1 yields to raises or stops; call 'await bus.close()' in a 'finally'
        yield
        await bus.close()


# Silent: closed in any case.
@contextlib.asynccontextmanager
async def bus_with_care(url):
    bus = Bus()
    await bus.connect(url)
    try:
        yield bus
    finally:
        await bus.close()


# Silent: an application goes on behind the `yield` when it ends, and so does pytest.
@contextlib.asynccontextmanager
async def lifespan(app):
    bus = Bus()
    await bus.connect("u")
    yield
    await bus.close()


@contextlib.asynccontextmanager
async def lifespan_of_any_application(_):
    bus = Bus()
    await bus.connect("u")
    yield {"bus": bus}
    await bus.close()


@pytest.fixture
async def bus():
    bus = Bus()
    await bus.connect("u")
    yield bus
    await bus.close()


async def gives_to_a_task(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (line -64) and is never closed: the task of line +1 only uses it; call 'await bus.close()' where that ends
    task = asyncio.create_task(work(bus))
    await asyncio.sleep(3)
    task.cancel()


# Silent: the task closes it, or is not known.
async def gives_to_a_closing_task(url):
    bus = Bus()
    await bus.connect(url)
    asyncio.create_task(work_and_close(bus))


async def gives_to_any_task(url, other):
    bus = Bus()
    await bus.connect(url)
    asyncio.create_task(other(bus))


async def work(bus):
    while True:
        await bus.publish(b"1")


async def work_and_close(bus):
    await bus.publish(b"1")
    await bus.close()
