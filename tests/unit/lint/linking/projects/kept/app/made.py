"""A class with a method that makes open objects."""

import nats


class Made:
    def __init__(self, link):
        self.link = link

    @classmethod
    async def create(cls, url):
        return cls(await nats.connect(url))

    async def send(self, data):
        await self.link.publish("orders", data)

    async def close(self):
        await self.link.close()
