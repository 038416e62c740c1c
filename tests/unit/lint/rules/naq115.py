# settings: {"select": ["NAQ115"]}
"""Subscriptions and watchers that are left behind."""

import nats


class Orders:
    def __init__(self, nc, js):
        self.nc = nc
        self.js = js

    async def next(self):
        sub = await self.nc.subscribe("a")  # expect: NAQ115
        return await sub.next_msg()

    async def fetched(self):
        js = self.nc.jetstream()
        sub = await js.pull_subscribe("a", "b")  # expect: NAQ115
        return await sub.fetch(1)

    async def between_other_assignments(self):
        subject = "a"
        sub = await self.nc.subscribe(subject)  # expect: NAQ115
        message = await sub.next_msg()
        text = message.data.decode()
        return text

    async def with_care(self):
        sub = await self.nc.subscribe("a")
        try:
            return await sub.next_msg()
        finally:
            await sub.unsubscribe()

    # Silent: it is kept, returned, passed on or read in a loop.
    async def kept(self):
        sub = await self.nc.subscribe("a")
        self.sub = sub

    async def returned(self):
        sub = await self.nc.subscribe("a")
        return sub

    async def passed_on(self, run):
        sub = await self.nc.subscribe("a")
        await run(sub)

    async def read(self):
        sub = await self.nc.subscribe("a")
        async for msg in sub.messages:
            print(msg)

    async def nested(self):
        sub = await self.nc.subscribe("a")

        async def later():
            return await sub.next_msg()

        return later

    # Silent: messages go elsewhere, their number is limited, or another object's method has the name.
    async def callback(self, cb):
        sub = await self.nc.subscribe("a", cb=cb)
        print(sub.subject)

    async def by_position(self, cb):
        sub = await self.nc.subscribe("a", "queue", cb)
        print(sub.subject)

    async def limited(self):
        sub = await self.nc.subscribe("a", max_msgs=1)
        return await sub.next_msg()

    async def other_kind(self, bus):
        sub = await bus.subscribe("a")
        return await sub.receive()

    async def two(self):
        sub = await self.nc.subscribe("a")
        sub = await self.nc.subscribe("b")
        return await sub.next_msg()


async def watched(kv):
    watcher = await kv.watchall()  # expect: NAQ115
    return await watcher.updates()


async def watched_to_the_end(kv):
    watcher = await kv.watchall()  # expect: NAQ115
    return await watcher.updates() is watcher.STOP_ITER


# Silent: the connection is closed here, or is not that of other code.
async def closed(nc):
    sub = await nc.subscribe("a")
    await sub.next_msg()
    await nc.close()


async def own(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    sub = await nc.subscribe("a")
    await sub.next_msg()


async def rebound(nc, url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    sub = await nc.subscribe("a")
    await sub.next_msg()


async def test_next(nc):
    sub = await nc.subscribe("a")
    await sub.next_msg()
