"""The connection is entered below the statement that surely ends with it."""

import asyncio
import contextlib
import sys

import nats
from nats.aio.client import Client as NATS


async def handlers_that_all_leave(url):
    try:
        nc = await nats.connect(url)
    except OSError as error:
        print(error)
        return 1

    # ask
    await nc.flush()
    await nc.close()
    return 0


def die():
    print("usage")
    sys.exit(1)


async def a_handler_that_ends_the_process_by_a_function_of_the_file(url):
    nc = NATS()
    try:
        await nc.connect(url)
    except Exception:
        die()
    await nc.publish("a", b"b")
    await nc.drain()


async def two_ways_to_connect_one_to_close(url, name):
    if name:
        nc = await nats.connect(url, name=name)
    else:
        nc = await nats.connect(url)
    try:
        await nc.flush()
    finally:
        await nc.close()


async def a_handler_that_asks_for_the_name_keeps_it_bound(url):
    nc = None
    try:
        nc = await nats.connect(url)
    except OSError:
        print(nc)
        raise
    await nc.flush()
    await nc.close()


async def tried_again_until_it_succeeds(url):
    while True:
        try:
            nc = await nats.connect(url)
            break
        except OSError:
            await asyncio.sleep(1)
    await nc.flush()
    await nc.close()


async def tried_some_times_then_given_up(url):
    for attempt in range(5):
        try:
            nc = await nats.connect(url)
        except OSError:
            await asyncio.sleep(attempt)
        else:
            break
    else:
        raise RuntimeError
    await nc.flush()
    await nc.close()


async def a_handler_that_goes_on(url):
    nc = None
    try:
        nc = await nats.connect(url)  # left: it is released on line N, outside of the block in which it is acquired
    except OSError:
        print("down")
    if nc:
        await nc.flush()
        await nc.close()


async def another_way_out_of_the_loop(url, stop):
    nc = None
    while True:
        try:
            nc = await nats.connect(url)  # left: it is released on line N, outside of the block in which it is acquired
            break
        except OSError:
            if stop():
                break
    if nc:
        await nc.close()


async def opened_at_the_end_of_a_block(url, lock):
    async with lock:
        print("alone")
        nc = await nats.connect(url)
    await nc.flush()
    await nc.close()


async def opened_in_a_block_that_may_end_after_an_error(url):
    with contextlib.suppress(OSError):
        nc = await nats.connect(url)  # left: it is released on line N, outside of the block in which it is acquired
    await nc.flush()
    await nc.close()


async def opened_in_a_block_or_none(url, lock):
    nc = None
    async with lock:
        nc = await nats.connect(url)  # left: it is released on line N, outside of the block in which it is acquired
    await nc.flush()
    await nc.close()
