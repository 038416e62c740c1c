"""What needs the connection behind the end of the function: a block would close it too early, and is not the remedy alone."""

import nats


class Kept:
    async def start(self, url):
        nc = await nats.connect(url)  # expect: NAQ103@20 connection 'nc' is never closed; keep it, too, and call 'await nc.close()' when done, as line +1 keeps what needs it
        self.js = nc.jetstream()

    async def publish(self, subject):
        await self.js.publish(subject, b"1")


async def returned(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; return it, too, and call 'await nc.close()' when done, as line +2 returns what needs it
    js = nc.jetstream()
    return js


async def called_back(url, handle):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc', and wait in its block while callbacks are to run
    await nc.subscribe("orders", cb=handle)
    await nc.flush()


async def called_back_by_position(url, handle):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc', and wait in its block while callbacks are to run
    await nc.jetstream().subscribe("orders", "workers", handle)


# The function waits itself, in a block as well.
async def called_back_while_it_waits(url, handle, stop):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    await nc.subscribe("orders", cb=handle)
    await stop.wait()


async def called_back_for_ever(url, handle, work):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    await nc.subscribe("orders", cb=handle)
    while True:
        work()


async def not_called_back_any_more(url, handle):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    subscription = await nc.subscribe("orders", cb=handle)
    await subscription.unsubscribe()


async def nothing_is_called_back(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    await nc.subscribe("orders", cb=None)
