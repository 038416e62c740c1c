"""NAQ103 where a function of the file gives the connection to objects that only use it, and that stay there."""

import asyncio
import functools

import nats

KEPT = []


class Service:
    def __init__(self, nc):
        self._nc = nc

    async def answer(self, message):
        await self._nc.publish("answers", message.data)


class Closing:
    def __init__(self, nc):
        self._lent = nc

    async def stop(self):
        await self._lent.close()


async def run_forever(nc, on_ready=None):
    service = Service(nc)
    await nc.subscribe("questions", cb=service.answer)
    if on_ready is not None:
        on_ready(service)
    await asyncio.Future()


async def runs_for_ever(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'run_forever' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    await run_forever(nc)


async def by_keyword(url):
    nc = await nats.connect(url)  # expect: NAQ103
    await run_forever(nc=nc, on_ready=None)


# Other code gets the object.
async def with_another_function(url, on_ready):
    nc = await nats.connect(url)
    await run_forever(nc, on_ready)


async def with_other_arguments(url, arguments):
    nc = await nats.connect(url)
    await run_forever(nc, *arguments)


async def run_or_keep(nc, on_ready=None):
    on_ready = on_ready or KEPT.append
    service = Service(nc)
    on_ready(service)
    await asyncio.Future()


async def with_a_default(url):
    nc = await nats.connect(url)
    await run_or_keep(nc)


async def run_and_return(nc):
    service = Service(nc)
    await nc.subscribe("questions", cb=service.answer)
    return service


async def gets_the_object(url):
    nc = await nats.connect(url)
    return await run_and_return(nc)


async def run_and_keep(nc):
    service = Service(nc)
    KEPT.append(service)


async def keeps_the_object(url):
    nc = await nats.connect(url)
    await run_and_keep(nc)


# The function, or an object of it, closes the connection, or may do so.
async def run_closing(nc):
    closing = Closing(nc)
    await closing.stop()


async def by_a_closing_object(url):
    nc = await nats.connect(url)
    await run_closing(nc)


async def run_both(nc):
    service = Service(nc)
    closing = Closing(nc)
    await nc.subscribe("questions", cb=service.answer)
    await closing.stop()


async def by_one_of_two(url):
    nc = await nats.connect(url)
    await run_both(nc)


async def run_and_close(nc):
    service = Service(nc)
    try:
        await nc.subscribe("questions", cb=service.answer)
        await asyncio.Future()
    finally:
        await nc.close()


async def by_the_function(url):
    nc = await nats.connect(url)  # expect: NAQ101
    await run_and_close(nc)


async def run_or_close(nc, done):
    service = Service(nc)
    await nc.subscribe("questions", cb=service.answer)
    if done:
        await nc.close()


async def perhaps_by_the_function(url, done):
    nc = await nats.connect(url)  # expect: NAQ101
    await run_or_close(nc, done)


async def run_with_a_callback(nc):
    service = Service(nc)

    async def stop():
        await nc.close()

    await nc.subscribe("stop", cb=stop)
    await nc.subscribe("questions", cb=service.answer)


async def by_a_callback(url):
    nc = await nats.connect(url)
    await run_with_a_callback(nc)


async def run_and_store(nc):
    service = Service(nc)
    KEPT.append(nc)
    await nc.subscribe("questions", cb=service.answer)


async def stored(url):
    nc = await nats.connect(url)
    await run_and_store(nc)


async def run_and_share(nc, shared):
    service = Service(nc)
    shared.nc = nc
    await nc.subscribe("questions", cb=service.answer)


async def stored_elsewhere(url, shared):
    nc = await nats.connect(url)
    await run_and_share(nc, shared)


# Functions that call functions.
async def run_all(nc):
    await nc.publish("started", b"")
    await run_forever(nc)


async def through_two(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'run_all' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    await run_all(nc)


async def run_again(nc):
    service = Service(nc)
    await nc.subscribe("questions", cb=service.answer)
    await run_again(nc)


async def through_itself(url):
    nc = await nats.connect(url)
    await run_again(nc)


class Program:
    async def start(self, url):
        nc = await nats.connect(url)  # expect: NAQ103
        await self.run(nc)

    async def run(self, nc):
        await Service(nc).answer(b"")


# The function may be another, or runs on behind the one that calls it.
@functools.cache
def cached(nc):
    service = Service(nc)
    return service.answer


async def by_a_decorated_function(url):
    nc = await nats.connect(url)
    cached(nc)


def answers(nc):
    service = Service(nc)
    yield service.answer


async def by_a_generator(url):
    nc = await nats.connect(url)
    KEPT.append(answers(nc))


async def in_a_task(url):
    nc = await nats.connect(url)
    KEPT.append(asyncio.create_task(run_forever(nc)))
