"""A tuple with a resource that a function returns, connections that are gathered, a coroutine that is never awaited."""
import asyncio
import nats

async def bus(url):
    nc = await nats.connect(url)
    return nc, nc.jetstream()

async def send(url):
    nc, js = await bus(url)  # expect: NAQ103@20 connection 'nc' from 'bus' (line -4) is never closed; use 'async with nc'
    await js.publish("a", b"")

async def send_and_close(url):
    nc, js = await bus(url)  # expect: NAQ102@20 connection 'nc' from 'bus' (line -8) stays open if line +1 raises; use 'async with nc'
    await js.publish("a", b"")
    await nc.close()

async def whole(url):
    pair = await bus(url)
    await pair[1].publish("a", b"")

async def two(u, v):
    a, b = await asyncio.gather(nats.connect(u), nats.connect(v))  # expect: NAQ103@33 connection 'a' is never closed; use 'async with await nats.connect(u) as a' | NAQ103@50 connection 'b' is never closed; use 'async with await nats.connect(v) as b'
    await a.publish("a", b"")

async def two_closed(u, v):
    a, b = await asyncio.gather(nats.connect(u), nats.connect(v))  # expect: NAQ102@33 connection 'a' stays open if line +0 raises; use 'async with await nats.connect(u) as a' | NAQ101@50 connection 'b' is closed by hand; use 'async with await nats.connect(v) as b'
    try:
        await a.publish("a", b"")
    finally:
        await a.close()
        await b.close()

async def many(u, v):
    clients = await asyncio.gather(nats.connect(u), nats.connect(v))
    for c in clients:
        await c.close()

async def lost(u):
    link = nats.connect(u)  # expect: NAQ109@12 'nats.connect(...)' is not awaited, so nothing is opened; use 'await nats.connect(...)'
    link.publish("a", b"")

async def fine(u):
    link = nats.connect(u)
    nc = await link
    await nc.close()


# Silent: nothing is known of the tuple, or the resource may be kept.
async def either(url, flag):
    nc = await nats.connect(url)
    if flag:
        return nc, None
    return None, nc


async def kept(url, pool):
    nc = await nats.connect(url)
    pool.append(nc)
    return nc, 1


async def of_unknown(url):
    first, second = await either(url, True)
    third, fourth = await kept(url, [])
    print(first, second, third, fourth)


async def scheduled(u):
    task = asyncio.create_task(nats.connect(u))
    task.add_done_callback(print)
