# settings: {"select": ["NAQ203"]}
"""Which loops open a new connection on each turn."""

import asyncio

import nats

URL = "nats://localhost"


async def a_handler_that_waits(items, wait):
    while items:
        try:
            async with await nats.connect(URL) as nc:  # expect: NAQ203@30 connection 'nc' is opened on every turn of the loop; open it once, around the loop
                await nc.publish("a", items.pop())
        except OSError:
            await wait()


async def waits_on_the_line_that_connects(items, handle):
    while items:
        async with await nats.connect(URL) as nc: await handle(nc)


async def waits_before_it_connects(items, wait):
    while items:
        await wait()
        async with await nats.connect(URL) as nc:  # expect: NAQ203@26 connection 'nc' is opened on every turn of the loop; open it once, around the loop
            await nc.publish("a", items.pop())


async def supervises(handle):
    while True:
        async with await nats.connect(URL) as nc:
            await nc.publish("up", b"")
            await handle()


async def for_each(items, handle):
    for item in items:
        async with await nats.connect(URL) as nc:  # expect: NAQ203@26 connection 'nc' is opened on every turn of the loop; open it once, around the loop
            await nc.publish("a", item)
            await handle(item)


# Silent: the arguments change from turn to turn.
async def of_a_pattern(items):
    for item in items:
        match item:
            case {"url": url}:
                async with await nats.connect(url) as nc:
                    await nc.publish("a", b"")


async def of_a_comprehension(items):
    for item in items:
        async with await nats.connect([server for server in URL]) as nc:  # expect: NAQ203@26 connection 'nc' is opened on every turn of the loop; open it once, around the loop
            await nc.publish("a", item)
