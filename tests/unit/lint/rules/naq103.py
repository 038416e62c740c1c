"""Never closed."""

import asyncio

import nats
from nats.aio.client import Client as NATS

URL = "nats://localhost"


async def never():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    await nc.publish("a", b"b")


async def thrown_away():
    await nats.connect(URL)  # expect: NAQ103@11 connection is never closed; use 'async with await nats.connect(URL) as nc'


async def chained():
    await (await nats.connect(URL)).publish("a", b"b")  # expect: NAQ103@18 connection is never closed; use 'async with await nats.connect(URL) as nc'


async def main():
    nc = NATS()
    await nc.connect(URL)  # expect: NAQ103@11 connection 'nc' is never closed; use 'async with nc'
    while True:
        await asyncio.sleep(1)
    await nc.close()


async def only_a_view_is_returned():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; return it, too, and call 'await nc.close()' when done, as line +1 returns what needs it
    return nc.jetstream()


async def rebound_in_a_loop(urls):
    for url in urls:
        nc = await nats.connect(url)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
        await nc.publish("a", b"b")


async def borrowed_by_a_helper():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    await ping(nc)


async def ping(connection):
    await connection.publish("a", b"b")


# Silent: handed off.
async def returned():
    return await nats.connect(URL)


# NAQ102, as what comes before the hand-off may fail.
async def returned_by_name():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    return nc


async def stored(app):
    app.nc = await nats.connect(URL)


async def in_a_container(pool):
    pool["a"] = await nats.connect(URL)


async def in_a_list():
    return [await nats.connect(url) for url in (URL, URL)]


async def passed(service):
    nc = await nats.connect(URL)
    await service.run(nc)


async def made_global():
    global connection
    connection = await nats.connect(URL)


async def captured(loop):
    nc = await nats.connect(URL)
    loop.call_later(5, lambda: asyncio.ensure_future(nc.close()))


async def read_by_a_callback():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc', and wait in its block while callbacks are to run

    async def answer(msg):
        nonlocal nc
        await nc.publish(msg.reply, b"")

    await nc.subscribe("orders", cb=answer)


# Silent: the nested function puts another connection there, and may close this one's successor.
async def rebound_by_a_callback(closes):
    nc = await nats.connect(URL)

    async def answer(msg):
        nonlocal nc
        nc = closes(msg)

    await nc.subscribe("orders", cb=answer)


def never_connected():
    nc = NATS()
    print(nc)
