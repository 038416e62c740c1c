"""A connection in a function that is not async: the block has to move into one that is."""

import asyncio

import nats
from nats.aio.client import Client as NATS


def send_from_thread(url):
    loop = asyncio.new_event_loop()
    nc = loop.run_until_complete(nats.connect(url))  # expect: NAQ102@34 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc' in an async function
    loop.run_until_complete(nc.publish("a", b""))
    loop.run_until_complete(nc.close())


def old_style(url):
    nc = NATS()
    yield from nc.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with nc' in an async function
    yield from nc.publish("a", b"")


if __name__ == "__main__":
    main_loop = asyncio.new_event_loop()
    conn = main_loop.run_until_complete(nats.connect("nats://127.0.0.1:4222"))  # expect: NAQ103@41 connection 'conn' is never closed; use 'async with await nats.connect("nats://127.0.0.1:4222") as conn' in an async function
    main_loop.run_until_complete(conn.publish("a", b""))
    main_loop.run_forever()
