"""Attributes that a method opens by another method, in a class whose body has a name that is also imported."""

import abc

import nats


class Letters(metaclass=abc.ABCMeta):
    abc = "letters"

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

    async def run(self):
        await self.connect()  # expect: NAQ102@15 connection 'self.nc' from 'connect' (line -10) stays open if line +1 raises; call 'await self.close()' in a 'finally'
        found = await self.load()
        if not found:
            return None
        await self.close()
        return found

    async def closes(self):
        try:
            await self.connect()
            await self.load()
        finally:
            await self.close()


async def main(url):
    await Letters(url).run()
