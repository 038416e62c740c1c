"""Keywords that went with nats-py 2.0."""

import asyncio

import nats


async def a_loop_that_nothing_takes_any_more(url, loop):
    async with await nats.connect(url, loop=loop) as nc:
        await nc.subscribe("a", is_async=True, cb=print)
        await nc.flush()
    async with await nats.connect(loop=loop) as nc:
        await nc.flush()
    async with await nats.connect(
        url,
        io_loop=loop,
        name="x",
    ) as nc:
        await nc.flush()


async def a_loop_that_is_made_for_it(url):
    async with await nats.connect(url, loop=asyncio.get_event_loop()) as nc:  # left: the value of 'loop' is computed there
        await nc.flush()
