"""Never closed, and the hand-offs that give it to other code."""

import asyncio
import threading
from contextlib import asynccontextmanager

import nats
from nats.aio.client import Client

URL = "nats://localhost"
CONNECTIONS = []


async def timeout():
    nc = await asyncio.wait_for(nats.connect(URL), 5)  # expect: NAQ103@33 connection 'nc' is never closed; use 'async with nc'
    await nc.publish("a", b"b")


async def timeout_by_hand():
    nc = await asyncio.wait_for(nats.connect(URL), timeout=5)  # expect: NAQ101@33 connection 'nc' is closed by hand; use 'async with nc'
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def task():
    nc = await asyncio.create_task(nats.connect(URL))  # expect: NAQ103@36 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    await nc.publish("a", b"b")


def driver():
    nc = asyncio.run(nats.connect(URL))  # expect: NAQ103@22 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc' in an async function
    print(nc.is_connected)


async def underscore():
    _ = await nats.connect(URL)  # expect: NAQ103@15 connection '_' is never closed; use 'async with await nats.connect(URL) as _'


async def gathered():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    # asyncio.gather borrows what it is given.
    await asyncio.gather(nc.publish("a", b"b"), nc.publish("c", b"d"))


async def endless():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    await nc.subscribe("a")
    await asyncio.Event().wait()


async def view_stored(app):
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; keep it, too, and call 'await nc.close()' when done, as line +1 keeps what needs it
    app.js = nc.jetstream()


async def captured_and_only_used():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc', and wait in its block while callbacks are to run

    async def handler(msg):
        await nc.publish("b", msg.data)

    await nc.subscribe("a", cb=handler)


async def deleted():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    await nc.publish("a", b"b")
    del nc


@asynccontextmanager
async def manager_without_a_finally():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if the code that line +1 yields to raises or stops; use 'async with await nats.connect(URL) as nc'
    yield nc
    await nc.close()


async def lifespan_without_a_finally(app):
    nc = await nats.connect(URL)
    app.nc = nc
    yield
    await nc.close()


class Service:
    async def run(self):
        nc = await nats.connect(URL)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
        await nc.publish("a", b"b")

    @classmethod
    async def create(cls):
        self = cls()
        self.nc = await nats.connect(URL)
        return self

    async def close(self):
        await self.nc.close()


# Silent from here on.
async def returned_in_a_tuple():
    nc = await nats.connect(URL)
    return nc, nc.jetstream()


async def returned_in_a_dict():
    nc = await nats.connect(URL)
    return {"nc": nc}


async def returned_by_a_ternary(flag):
    nc = await nats.connect(URL)
    return nc if flag else None


async def appended():
    CONNECTIONS.append(await nats.connect(URL))


async def kept_by_a_class():
    nc = await nats.connect(URL)
    return Wrapper(nc)


class Wrapper:
    def __init__(self, nc):
        self.nc = nc

    async def close(self):
        await self.nc.close()


async def kept_by_a_helper():
    nc = await nats.connect(URL)
    keep(nc)


def keep(connection):
    CONNECTIONS.append(connection)


async def yielded():
    nc = await nats.connect(URL)
    yield nc


def thread(serve):
    nc = asyncio.run(nats.connect(URL))
    threading.Thread(target=serve, args=(nc,)).start()


async def release_given_away(atexit):
    nc = await nats.connect(URL)
    atexit(nc.close)


async def parameter_client(nc: Client):
    # The caller's object: connecting it is the caller's wish.
    await nc.connect(URL)


async def guarded(nc=None):
    nc = nc or await nats.connect(URL)
    return nc


async def fixture_of_lambda(stack):
    nc = await nats.connect(URL)
    stack.push_async_exit(nc)


async def closed_in_turn():
    one = await nats.connect(URL)  # expect: NAQ102@17
    two = await nats.connect(URL)
    for nc in (one, two):
        await nc.close()


async def kept_in_turn(connections):
    one = await nats.connect(URL)
    for nc in (one, None):
        connections.append(nc)


async def kept_by_a_dict(app):
    made = dict(nc=await nats.connect(URL))
    app.config.made = made


async def returned_in_a_dict():
    return dict(nc=await nats.connect(URL))


async def kept_in_a_dict(app):
    nc = await nats.connect(URL)
    app.config.made = dict(nc=nc, other=1)


async def only_read_in_a_dict():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    made = dict(nc=nc)
    await made["nc"].publish("orders", b"1")


async def a_tuple_by_its_name(close_all):
    one = await nats.connect(URL)  # expect: NAQ102@17
    two = await nats.connect(URL)
    both = one, two
    await close_all(both)


async def given_or_new(given=None):
    nc = given or await nats.connect(URL)  # expect: NAQ103@25 connection 'nc' is never closed; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    await nc.flush()


async def opened_or_none(wanted):
    nc = await nats.connect(URL) if wanted else None  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    if nc is not None:
        await nc.flush()
        await nc.close()


# Used in the branch alone, a block can begin there.
async def opened_in_a_branch(wanted):
    if wanted:
        nc = await nats.connect(URL)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
        await nc.flush()


async def one_of_two(first):
    nc = await nats.connect(URL) if first else await nats.connect("nats://other")  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc' | NAQ103@54 connection 'nc' is never closed; use 'async with await nats.connect("nats://other") as nc'
    await nc.flush()


if __name__ == "__main__":
    module_connection = asyncio.run(nats.connect(URL))  # expect: NAQ103@37 connection 'module_connection' is never closed; use 'async with await nats.connect(URL) as module_connection' in an async function
    asyncio.run(module_connection.flush())
