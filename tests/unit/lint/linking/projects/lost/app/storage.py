"""A class that keeps what it gets, and closes it when it is told."""


class Storage:
    def __init__(self, nc):
        self.nc = nc

    async def create(self):
        self.kv = await self.nc.jetstream().key_value("jobs")
        return self

    async def create_with_care(self):
        try:
            return await self.create()
        except BaseException:
            await self.close()
            raise

    async def close(self):
        await self.nc.close()
