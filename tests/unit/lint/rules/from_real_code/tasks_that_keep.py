"""A task that is not awaited here has what it was given, and may close it; one that is awaited has only borrowed it."""

import asyncio
from typing import cast

import nats

URL = "nats://localhost"


async def consume(nc):
    await nc.subscribe("jobs")


def prepared(nc):
    return nc.jetstream()


async def in_background():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed: the task of line +1 only uses it; close it where that ends
    asyncio.create_task(consume(nc))


async def in_a_group(group):
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed: the task of line +1 only uses it; close it where that ends
    group.create_task(consume(nc))


def called_back(done):
    asyncio.ensure_future(nats.connect(URL)).add_done_callback(done)


def closed_from_a_thread(loop):
    nc = asyncio.run_coroutine_threadsafe(nats.connect(URL), loop).result()  # expect: NAQ101@43 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc' in an async function
    try:
        asyncio.run_coroutine_threadsafe(consume(nc), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(nc.close(), loop).result()


def left_open_by_a_thread(loop):
    nc = asyncio.run_coroutine_threadsafe(nats.connect(URL), loop).result(5)  # expect: NAQ103@43 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc' in an async function
    print(nc.max_payload)


async def connects_for_another_loop(loop):
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed: the task of line +1 only uses it; close it where that ends
    asyncio.run_coroutine_threadsafe(consume(nc), loop)


async def awaited_at_once():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    await asyncio.create_task(consume(nc))


async def awaited_within_a_time():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    await asyncio.wait_for(asyncio.shield(consume(nc)), 5)


async def no_task_at_all():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    js = cast(object, prepared(nc))
    print(js)


async def awaited_later(stop):
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    task = asyncio.create_task(consume(nc))
    await stop.wait()
    await asyncio.gather(task)


async def cancelled_and_awaited(stop):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    task = asyncio.create_task(consume(nc))
    try:
        await stop.wait()
    finally:
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            print("stopped")
        finally:
            await nc.close()


async def kept_by_name(tasks):
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed: the task of line +1 only uses it; close it where that ends
    task = asyncio.create_task(consume(nc))
    tasks.add(task)


async def consume_and_close(nc):
    try:
        await nc.subscribe("jobs")
    finally:
        await nc.close()


async def closed_by_the_task():
    nc = await nats.connect(URL)
    asyncio.create_task(consume_and_close(nc))


async def kept_by_another(registry):
    nc = await nats.connect(URL)
    asyncio.create_task(consume(nc))
    registry.add(nc)


async def kept_by_an_object(registry):
    nc = await nats.connect(URL)
    asyncio.create_task(consume(nc))
    registry.nc = nc


async def captured_by_another(registry):
    nc = await nats.connect(URL)
    asyncio.create_task(consume(nc))
    registry.at_exit(lambda: nc.close())


async def connects_again_when_the_task_is_done():
    task = None
    while True:
        if task is None or task.done():
            nc = await nats.connect(URL)  # expect: NAQ103@24 connection 'nc' is never closed: the task of line +2 only uses it; close it where that ends
            await nc.flush()
            task = asyncio.create_task(consume(nc))
        await asyncio.sleep(1)
