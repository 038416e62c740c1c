"""A connection that is lent to a function of which nothing is known, and that is never closed."""

import asyncio

import checks
import nats
from checks import Rows, keep_rows, read, rows, run_rows, serve


async def compared(url):
    nc = await nats.connect(url)  # expect: NAQ103
    assert await rows(nc) == 3


async def dropped(url):
    nc = await nats.connect(url)  # expect: NAQ103
    await rows(nc)
    await nc.publish("done", b"")


async def tested(url):
    nc = await nats.connect(url)  # expect: NAQ103
    if not await rows(nc, 1):
        print("none")


async def with_a_name(url):
    nc = await nats.connect(url)  # expect: NAQ103
    count = await rows(nc)
    assert count == 3


async def shown(url):
    nc = await nats.connect(url)  # expect: NAQ103
    found = await read(nc)
    print(f"{len(found)} rows")


async def closed_later(url):
    nc = await nats.connect(url)  # expect: NAQ102
    await rows(nc)
    await nc.close()


async def waited_for(url):
    nc = await nats.connect(url)  # expect: NAQ103
    await asyncio.wait_for(rows(nc), 3)


async def gathered(url):
    nc = await nats.connect(url)  # expect: NAQ103
    await asyncio.gather(rows(nc), asyncio.sleep(1))


async def in_an_awaited_task(url):
    nc = await nats.connect(url)  # expect: NAQ103
    await asyncio.create_task(rows(nc))


async def nested(url):
    nc = await nats.connect(url)  # expect: NAQ102
    if await asyncio.wait_for(asyncio.shield(rows(nc)), 3):
        await nc.close()


# Silent: the function may keep it.
async def verbs(url):
    nc = await nats.connect(url)
    await keep_rows(nc)


async def other_verbs(url):
    nc = await nats.connect(url)
    await run_rows(nc)
    await serve(nc)


async def result_is_kept(url):
    nc = await nats.connect(url)
    found = await read(nc)
    return found


async def object_is_made(url):
    nc = await nats.connect(url)
    await Rows(nc)


async def method(url, store):
    nc = await nats.connect(url)
    await store.rows(nc)


async def by_its_module(url):
    nc = await nats.connect(url)
    await checks.rows(nc)


async def not_awaited(url):
    nc = await nats.connect(url)
    rows(nc)


async def of_a_parameter(url, count):
    nc = await nats.connect(url)
    await count(nc)


async def in_a_task(url):
    nc = await nats.connect(url)
    asyncio.create_task(rows(nc))


async def gathered_results(url):
    nc = await nats.connect(url)
    return await asyncio.gather(rows(nc))


async def gathered_with_a_verb(url):
    nc = await nats.connect(url)
    await asyncio.gather(rows(nc), serve(nc))
