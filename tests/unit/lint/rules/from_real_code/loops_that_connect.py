# settings: {"select": ["NAQ203"]}
"""A loop that connects again because it failed is not a waste; one that does so after every job is, handlers or not."""

import asyncio
from contextlib import suppress

import nats

URL = "nats://localhost"


# Reported: the turn is over as soon as its work is done, and the next one connects again.
async def polls(read):
    while True:
        try:
            async with await nats.connect(URL) as nc:  # expect: NAQ203@30 connection 'nc' is opened on every turn of the loop; open it once, around the loop
                await nc.publish("state", b"1")
        except OSError:
            print("failed")
        await asyncio.sleep(5)


async def after_each_job(jobs, is_done):
    while not is_done():
        job = await jobs.get()
        if job is None:
            break
        with suppress(OSError):
            nc = await nats.connect(URL)  # expect: NAQ101@24 | NAQ203@24
            try:
                await nc.publish("jobs", job)
                await nc.flush()
            finally:
                await nc.close()


async def each_sent_by_another(orders, send):
    for order in orders:
        nc = await nats.connect(URL)  # expect: NAQ101@20 | NAQ203@20
        try:
            await send(nc, order)
        finally:
            await nc.close()


async def first_that_fits(names):
    for name in names:
        for part in name:
            if part == "/":
                break
        try:
            async with await nats.connect(URL) as nc:  # expect: NAQ203@30
                await nc.publish(name, b"")
        except OSError:
            continue


# Silent: it comes round only after a failure.
async def until_flushed(attempts):
    for _ in range(attempts):
        try:
            nc = await nats.connect(URL)  # expect: NAQ101@24
            try:
                await nc.flush()
                return True
            finally:
                await nc.close()
        except OSError:
            await asyncio.sleep(1)
    return False


async def until_sent():
    sent = False
    while True:
        with suppress(OSError):
            async with await nats.connect(URL) as nc:
                await nc.publish("jobs", b"1")
                break
        await asyncio.sleep(1)
    return sent


async def serves_until_it_fails(handle):
    while True:
        try:
            async with await nats.connect(URL) as nc:
                subscription = await nc.subscribe("jobs")
                async for message in subscription.messages:
                    await handle(message)
        except OSError:
            await asyncio.sleep(1)


async def hands_over_until_it_fails(serve):
    while True:
        try:
            async with await nats.connect(URL) as nc:
                await serve(nc)
        except OSError:
            await asyncio.sleep(1)


async def ends_only_by_failing(read):
    while True:
        try:
            async with await nats.connect(URL) as nc:
                while True:
                    await nc.publish("state", read())
                    await asyncio.sleep(1)
        except OSError:
            print("again")


# Silent: a pool.
async def pool(size):
    connections = []
    for _ in range(size):
        connections.append(await nats.connect(URL))
    return connections
