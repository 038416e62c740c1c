"""What fails before new objects get the connection: NAQ103 says more where these never close it."""

import nats


class Store:
    def __init__(self, nc):
        self._nc = nc

    async def save(self, data):
        await self._nc.publish("orders", data)


class Orders:
    def __init__(self, store):
        self._store = store

    async def run(self, data):
        await self._store.save(data)


async def only_used(url, data):
    nc = await nats.connect(url)  # expect: NAQ103@16
    await nc.flush()
    orders = Orders(Store(nc))
    await orders.run(data)


async def given_to_others(url, serve):
    nc = await nats.connect(url)  # expect: NAQ102@16
    await nc.flush()
    await serve(Orders(Store(nc)))
