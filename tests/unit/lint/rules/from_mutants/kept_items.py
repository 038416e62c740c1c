"""Connections in a container that a method gives to the other methods."""

import nats


# Silent: one of the methods that ask for a connection gives it to code that may close it.
class HandsOn:
    def __init__(self):
        self._opened = {}

    async def get(self, url):
        if url not in self._opened:
            self._opened[url] = await nats.connect(url)
        return self._opened[url]

    async def send(self, url):
        nc = await self.get(url)
        await nc.flush()

    async def hand_on(self, url, end):
        end(await self.get(url))
