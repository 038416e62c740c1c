"""Functions of the catalogue take their argument by position or by keyword."""
import asyncio
import contextlib

import nats
from nats.js import JetStreamContext
from naq.connection import close_nats_connection, get_jetstream_context, jetstream_context, nats_connection  # expect: NAQ301@28 'close_nats_connection' and 'get_jetstream_context' belong to the by-hand connection API; use the context managers of naq.connection


async def read(key):
    async with nats_connection() as conn:
        js = await get_jetstream_context(nc=conn)
        kv = await js.key_value(bucket="jobs")
        return await kv.get(key)


async def keep(shelf):
    async with nats_connection() as conn:
        js = await get_jetstream_context(nc=conn)
        shelf.kv = await js.key_value("jobs")  # expect: NAQ106@9 connection is stored to outlive the block that closes it; keep its use inside the block, or let the caller enter the manager
        return shelf.kv


async def later(key):
    async with nats_connection() as conn:
        async with jetstream_context(conn=conn) as js:
            kv = await js.key_value("jobs")
    return await kv.get(key)  # expect: NAQ105@18 connection is used by 'kv.get' after its 'async with' block has ended; move the use before the end


async def built(url, domain):
    async with await nats.connect(url) as nc:
        js = JetStreamContext(domain=domain, conn=nc)
    await js.publish("orders", b"1")  # expect: NAQ105@11 connection 'nc' is used by 'js.publish' after its 'async with' block has ended; move the use before the end


async def by_hand(url):
    nc = await asyncio.wait_for(timeout=5, fut=nats.connect(url))  # expect: NAQ101@48 connection 'nc' is closed by hand; use 'async with nats_connection() as conn'
    try:
        await nc.publish("orders", b"1")
    finally:
        await close_nats_connection(nc=nc)


def in_a_loop(loop, url):
    nc = loop.run_until_complete(future=nats.connect(url))  # expect: NAQ103@41 connection 'nc' is never closed; use 'async with nats_connection() as conn' in an async function
    loop.run_until_complete(future=nc.flush())


async def wrapped(url):
    async with contextlib.aclosing(thing=await nats.connect(url)) as nc:  # expect: NAQ103@48 connection is never closed; use 'async with nats_connection() as conn'
        await nc.publish("orders", b"1")


# A nested function that closes it, by keyword.
async def captured(url, register):
    nc = await nats.connect(url)

    async def stop():
        await close_nats_connection(nc=nc)

    register(stop)
