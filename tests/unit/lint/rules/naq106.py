"""Taken out of the block that closes it."""

import nats

URL = "nats://localhost"


class Holder:
    async def keep(self):
        async with await nats.connect(URL) as nc:
            self.js = nc.jetstream()  # expect: NAQ106@13 connection 'nc' is stored to outlive the block that closes it; keep its use inside the block, or let the caller enter the manager

    # Silent: stored for as long as the block lasts.
    async def run(self):
        async with await nats.connect(URL) as nc:
            self.nc = nc
            await self.serve()


async def returned():
    async with await nats.connect(URL) as nc:
        return nc  # expect: NAQ106@9 connection 'nc' is returned to outlive the block that closes it; keep its use inside the block, or let the caller enter the manager


async def view_returned():
    async with await nats.connect(URL) as nc:
        js = nc.jetstream()
        return await js.key_value("jobs")  # expect: NAQ106@9 connection 'nc' is returned to outlive the block that closes it; keep its use inside the block, or let the caller enter the manager


async def view_returned_after_the_block():
    async with await nats.connect(URL) as nc:
        js = nc.jetstream()
        kv = await js.key_value("jobs")
    return kv  # expect: NAQ106@5 'kv' is returned after connection 'nc' was closed by its block; keep its use inside the block, or let the caller enter the manager


async def view_of_another_returned_after_the_block(js):
    async with await nats.connect(URL) as nc:
        await nc.flush()
    return js


async def result_returned_after_the_block():
    async with await nats.connect(URL) as nc:
        reply = await nc.request("a", b"b")
    return reply


class Shelf:
    async def made_from_another_attribute(self):
        async with await nats.connect(URL) as nc:
            self.context = nc.jetstream()
            self.bucket = await self.context.key_value("jobs")
            await self.bucket.status()
            return self.bucket  # expect: NAQ106@13


# Silent: yielded, or a result and no handle.
async def yielded():
    async with await nats.connect(URL) as nc:
        yield nc


async def result():
    async with await nats.connect(URL) as nc:
        return await nc.request("a", b"b")
