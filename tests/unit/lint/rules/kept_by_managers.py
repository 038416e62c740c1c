"""What a context manager, such as the lifespan of an application, opens before its `yield` ends behind that."""

import contextlib

import nats
import pytest
from app.shutdown import close_all, forget


class Bus:
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


@contextlib.asynccontextmanager
async def never_closed(app):
    app.state.nc = await nats.connect(app.url)  # expect: NAQ108@26 connection 'app.state.nc' is closed by no code behind the 'yield' of 'never_closed'; call 'await app.state.nc.close()' in a 'finally' there
    app.state.js = app.state.nc.jetstream()
    yield


@contextlib.asynccontextmanager
async def by_a_name(app):
    nc = await nats.connect(app.url)  # expect: NAQ108@16
    app.state.named = nc
    yield


@contextlib.asynccontextmanager
async def in_a_handled_failure(app):
    try:
        app.state.optional = await nats.connect(app.url)  # expect: NAQ108@36
    except OSError:
        app.state.optional = None
    yield
    await app.state.other.close()


@contextlib.asynccontextmanager
async def of_the_module(_):
    application.state.module = await nats.connect("url")  # expect: NAQ108@38
    yield


@contextlib.asynccontextmanager
async def an_object(app):
    app.state.bus = Bus()
    await app.state.bus.connect(app.url)  # expect: NAQ114@11 Bus 'app.state.bus' opens a connection (line -42) and is closed by no code behind the 'yield' of 'an_object'; call 'await app.state.bus.close()' in a 'finally' there
    yield


@contextlib.asynccontextmanager
async def an_object_by_a_name(app):
    bus = Bus()
    await bus.connect(app.url)  # expect: NAQ114@11
    app.state.named_bus = bus
    yield


async def uses(request):
    await request.app.state.nc.publish("orders", b"1")
    nc = request.app.state.nc
    await nc.publish("orders", b"1")


# Silent: closed behind the `yield`, or by another function of the file.
@contextlib.asynccontextmanager
async def closed(app):
    app.state.closed = await nats.connect(app.url)
    try:
        yield
    finally:
        await app.state.closed.close()


@contextlib.asynccontextmanager
async def closed_by_its_name(app):
    nc = await nats.connect(app.url)
    app.state.by_name = nc
    yield
    await nc.drain()


@contextlib.asynccontextmanager
async def closed_by_another(app):
    app.state.elsewhere = await nats.connect(app.url)
    yield


async def stop(request):
    nc = request.app.state.elsewhere
    await nc.close()


@contextlib.asynccontextmanager
async def closed_object(app):
    app.state.closed_bus = Bus()
    await app.state.closed_bus.connect(app.url)
    yield
    await app.state.closed_bus.close()


@contextlib.asynccontextmanager
async def looked_up_by_text(app):
    app.state.text = await nats.connect(app.url)
    yield


async def stop_by_text(request):
    await getattr(request.app.state, "text").close()


class Worker:
    @contextlib.asynccontextmanager
    async def running(self):
        self.own = await nats.connect("url")
        yield

    async def close(self):
        await self.own.close()


# Silent: no code could close what only the target of the assignment has, if the target failed.
async def keeps_under_a_key(state, load):
    try:
        state["client"] = await nats.connect("url")
    except OSError:
        state["client"] = None
    await load()


async def closes_in_the_application(app, load):
    app.state.own = await nats.connect("url")
    try:
        await load()
    finally:
        await app.state.own.close()


# The name has it where the target fails.
async def named_before(state, load):
    try:
        nc = await nats.connect("url")  # expect: NAQ102@20 connection 'nc' stays open if line +4 raises, before it is handed on; close it in an 'except BaseException' that raises again
        state["client"] = nc
    except KeyError:
        pass
    await load()


# Silent: the application, or what has the connection, is given to other code.
@contextlib.asynccontextmanager
async def gives_the_application(app):
    app.state.given = await nats.connect(app.url)
    yield
    await forget(app)


@contextlib.asynccontextmanager
async def gives_the_state(app):
    app.state.given_state = await nats.connect(app.url)
    forget(app.state)
    yield


@contextlib.asynccontextmanager
async def calls_a_closing_function(app):
    app.state.closing = await nats.connect(app.url)
    yield
    await close_all()


@contextlib.asynccontextmanager
async def gives_the_connection(app):
    app.state.service = await nats.connect(app.url)
    forget(app.state.service)
    yield


# Silent: what the block gets may live on, and what is open is used again.
@contextlib.asynccontextmanager
async def yields_the_holder(holder):
    holder.yielded = await nats.connect(holder.url)
    yield holder


@contextlib.asynccontextmanager
async def yields_something(holder):
    holder.lazy = await nats.connect(holder.url)
    yield holder.url


@contextlib.asynccontextmanager
async def opened_once(holder):
    if holder.once is None:
        holder.once = await nats.connect(holder.url)
    yield


# Silent: no context manager, and two names.
async def started(app):
    app.state.started = await nats.connect(app.url)


async def generator(app):
    app.state.generated = await nats.connect(app.url)
    yield


@pytest.fixture
async def fixture(app):
    app.state.fixture = await nats.connect(app.url)
    yield


@contextlib.asynccontextmanager
async def under_two_names(app):
    app.state.first = app.state.second = await nats.connect(app.url)
    yield


# Silent: other code decides whether and when the object is opened.
@contextlib.asynccontextmanager
async def gives_the_coroutine_on(app):
    app.state.idle = Bus()
    app.start(app.state.idle.connect(app.url))
    yield


@contextlib.asynccontextmanager
async def gives_a_function_on(app):
    app.state.late = Bus()

    async def connect():
        await app.state.late.connect(app.url)

    app.on_start(connect)
    yield
