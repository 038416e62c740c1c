"""Classes whose objects keep a connection; the module mentions no library."""


class Store:
    def __init__(self, nc):
        self.nc = nc

    async def put(self, data):
        await self.nc.publish("orders", data)


class Closing:
    def __init__(self, nc):
        self.connection = nc

    async def put(self, data):
        await self.connection.publish("orders", data)

    async def stop(self):
        await self.connection.drain()


class Handing:
    def __init__(self, nc, registry):
        self.handed = nc
        registry.append(self)

    async def put(self, data):
        await self.handed.publish("orders", data)


class Entered:
    def __init__(self, nc):
        self.entered = nc

    async def put(self, data):
        async with self.entered as nc:
            await nc.publish("orders", data)
