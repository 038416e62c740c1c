"""A connection or a view that is passed on after its end."""
import nats
from events import emit, forget


async def store(url):
    async with await nats.connect(url) as nc:
        await nc.publish("a", b"")
    await emit(nc, "stored")  # expect: NAQ105@11 connection 'nc' is passed to 'emit' after its 'async with' block has ended; move the call before the end


async def view(url):
    async with await nats.connect(url) as nc:
        js = nc.jetstream()
    await emit(js, "stored")  # expect: NAQ105@11 connection 'nc' is passed to 'emit' after its 'async with' block has ended; move the call before the end


async def by_hand(url):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    await nc.close()
    await emit(nc=nc)  # expect: NAQ105@11 connection 'nc' is passed to 'emit' after it was closed; move the call before the end


# Silent: only taken note of, or open on some way.
async def noted(url, pool, told):
    async with await nats.connect(url) as nc:
        await nc.publish("a", b"")
    pool.remove(nc)
    told.append(nc)
    await forget(nc)


async def open_on_a_way(url, early):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +3 returns; use 'async with await nats.connect(url) as nc'
    if early:
        await nc.close()
    await emit(nc, "stored")


class Shelf:
    async def stream(self, address, prepare):
        async with await nats.connect(address) as nc:
            self._js = nc.jetstream()
            await prepare(self._js)
            return self._js  # expect: NAQ106@13 'self._js' is returned, and dies with the block that closes its connection; keep its use inside the block, or let the caller enter the manager

    async def after(self, address, prepare):
        if self._js is None:
            async with await nats.connect(address) as nc:
                self._js = nc.jetstream()
                await prepare(self._js)
        return self._js  # expect: NAQ106@9 'self._js' is returned, and dies with the block that closes its connection; keep its use inside the block, or let the caller enter the manager

    # Silent: set again, or made of something that stays open.
    async def again(self, address, prepare, make):
        async with await nats.connect(address) as nc:
            self._js = nc.jetstream()
            await prepare(self._js)
        self._js = make()
        return self._js

    async def of_another(self, address, prepare):
        async with await nats.connect(address) as nc:
            self._js = self.nc.jetstream()
            await prepare(self._js, nc.max_payload)
        return self._js
