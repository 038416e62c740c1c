"""An attribute that a method opens by another method, and leaves open where an argument says so."""

import nats


# Silent: its caller may ask for the open connection.
class LeftOpenOnDemand:
    def __init__(self, url):
        self.url = url
        self.nc = None

    async def connect(self):
        self.nc = await nats.connect(self.url)

    async def close(self):
        if self.nc is not None:
            await self.nc.close()

    async def load(self):
        return await self.nc.request("orders", b"")

    async def run(self, keep):
        await self.connect()
        found = await self.load()
        if found is None:
            if keep:
                return None
        await self.close()
        return found

    async def closes(self):
        try:
            await self.connect()
            await self.load()
        finally:
            await self.close()


async def leave_open(url, keep):
    await LeftOpenOnDemand(url).run(keep)
