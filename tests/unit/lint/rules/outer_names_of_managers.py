"""A global that a context manager, such as the lifespan of an application, opens ends behind its `yield`."""

import contextlib

import nats


class Bus:
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


never = None
client = nats.NATS()
bus = Bus()
made = None


@contextlib.asynccontextmanager
async def never_closed(app):
    global never
    never = await nats.connect(app.url)  # expect: NAQ103@19 connection 'never' is opened by 'never_closed' and never closed; close it in a 'finally' behind the 'yield'
    yield


@contextlib.asynccontextmanager
async def connects(app):
    await client.connect(app.url)  # expect: NAQ103@11 connection 'client' is opened by 'connects' and never closed; close it in a 'finally' behind the 'yield'
    yield


@contextlib.asynccontextmanager
async def connects_an_object(app):
    await bus.connect(app.url)  # expect: NAQ114@11 Bus 'bus' opens a connection (line -30) and is never closed; call 'await bus.close()' behind the 'yield' of 'connects_an_object'
    yield


@contextlib.asynccontextmanager
async def makes_an_object(app):
    global made
    made = Bus()
    await made.connect(app.url)  # expect: NAQ114@11
    yield


async def uses():
    if never is not None:
        await never.publish("orders", b"1")
    await client.publish("orders", b"1")
    await bus.publish(b"1")
    if made:
        await made.publish(b"1")


# Silent: closed, by the context manager or by another function.
closed_here = None
closed_elsewhere = None
closed_bus = Bus()


@contextlib.asynccontextmanager
async def closes(app):
    global closed_here
    closed_here = await nats.connect(app.url)
    try:
        yield
    finally:
        await closed_here.drain()


@contextlib.asynccontextmanager
async def leaves_it_to_another(app):
    global closed_elsewhere
    closed_elsewhere = await nats.connect(app.url)
    yield


async def stop():
    await closed_elsewhere.close()


@contextlib.asynccontextmanager
async def closes_an_object(app):
    await closed_bus.connect(app.url)
    yield
    await closed_bus.close()


# Silent: given to other code, open for the next block, or yielded.
given = None
kept = None
yielded = None
second = Bus()


@contextlib.asynccontextmanager
async def gives(app, keep):
    global given
    given = await nats.connect(app.url)
    keep(given)
    yield


@contextlib.asynccontextmanager
async def opens_once(app):
    global kept
    if kept is None:
        kept = await nats.connect(app.url)
    yield


@contextlib.asynccontextmanager
async def yields(app):
    global yielded
    yielded = await nats.connect(app.url)
    yield yielded


@contextlib.asynccontextmanager
async def connects_once(app):
    if not second.nc:
        await second.connect(app.url)
    yield


# Silent: the name may hold another object.
replaced = Bus()
shadowed = Bus()


@contextlib.asynccontextmanager
async def connects_what_is_replaced(app):
    await replaced.connect(app.url)
    yield


def replace():
    global replaced
    replaced = Bus()


@contextlib.asynccontextmanager
async def connects_what_is_shadowed(app):
    await shadowed.connect(app.url)
    yield


async def uses_another(shadowed):
    await shadowed.publish(b"1")


# Silent: no context manager.
started = None
connected = nats.NATS()
other_bus = Bus()


async def start(url):
    global started
    started = await nats.connect(url)
    await connected.connect(url)
    await other_bus.connect(url)
