"""Closed by hand inside the manager, or twice."""

import asyncio
import os
from asyncio import ensure_future

import nats

URL = "nats://localhost"


async def inside():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")
        await nc.close()  # expect: NAQ107@15 connection 'nc' is closed by hand inside the block that closes it; remove the call


async def twice():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    await nc.close()
    await nc.close()  # expect: NAQ107@11 connection 'nc' is closed already on every way here; remove the call


async def made(url):
    return await nats.connect(url)


async def twice_what_a_function_makes():
    nc = await made(URL)  # expect: NAQ101
    await nc.close()
    await nc.close()  # expect: NAQ107


# Silent: the second loop may close others.
async def made_in_a_list(urls):
    return [await nats.connect(url) for url in urls]


async def twice_what_is_in_a_list(urls):
    clients = await made_in_a_list(urls)
    for nc in clients:
        await nc.close()
    for nc in clients:
        await nc.close()


# Silent: drain and then close is one release with a belt; closed once on each path.
async def drained(nc):
    async with await nats.connect(URL) as other:
        await other.publish("a", b"b")
    await nc.drain()
    await nc.close()


async def probe():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    await nc.drain()
    await nc.close()


# Silent: the child closes its copy.
async def in_a_child():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")
        if os.fork() == 0:
            await nc.close()


async def closes_at_times(nc, wanted):
    if wanted:
        await nc.close()


# The helper may have left it open.
async def after_a_helper_that_may_close(wanted):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    await closes_at_times(nc, wanted)
    await nc.close()


async def closes(nc):
    await nc.flush()
    await nc.close()


async def after_a_helper_that_closes():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    await closes(nc)
    await nc.close()  # expect: NAQ107@11 connection 'nc' is closed already on every way here; remove the call


async def send(nc, messages):
    async for message in messages:
        await nc.publish("a", message)
    await nc.close()


async def receive(nc):
    await nc.flush()


# Silent: the close in one task ends the other.
async def beside_another_task(messages):
    async with await nats.connect(URL) as nc:
        await asyncio.gather(send(nc, messages), receive(nc))


async def in_a_task(messages):
    async with await nats.connect(URL) as nc, asyncio.TaskGroup() as group:
        group.create_task(send(nc, messages))
        group.create_task(receive(nc))


async def in_a_task_without_a_group(messages):
    async with await nats.connect(URL) as nc:
        task = asyncio.create_task(send(nc, messages))
        await receive(nc)
        await task


async def in_a_task_of_what_no_block_closes(messages):
    nc = await nats.connect(URL)  # expect: NAQ101
    task = asyncio.create_task(send(nc, messages))
    await receive(nc)
    await task
    await nc.close()


async def in_a_task_by_the_name_of_its_function(messages):
    async with await nats.connect(URL) as nc:
        task = ensure_future(send(nc, messages))
        await receive(nc)
        await task


async def waited_for_by_a_loop(loop, messages):
    async with await nats.connect(URL) as nc:
        loop.run_until_complete(send(nc, messages))  # expect: NAQ107


async def waited_for(messages):
    async with await nats.connect(URL) as nc:
        await send(nc, messages)  # expect: NAQ107
    async with await nats.connect(URL) as nc:
        await asyncio.wait_for(send(nc, messages), 3)  # expect: NAQ107


async def closed_beside_others(other):
    async with await nats.connect(URL) as nc:
        await nc.flush()
        await asyncio.gather(nc.close(), other.close())  # expect: NAQ107
