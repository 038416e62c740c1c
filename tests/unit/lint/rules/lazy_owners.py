"""Objects that open a connection when that is needed: NAQ114 is on the line that makes them."""

import nats


class Lazy:
    def __init__(self):
        self._client = None

    async def _get(self):
        if self._client is None:
            self._client = await nats.connect("a")
        return self._client

    async def publish(self, data):
        client = await self._get()
        await client.publish("orders", data)

    async def connect_late(self):
        await self._get()

    async def close(self):
        if self._client is not None:
            await self._client.close()


# What opens itself when that is needed is reported where it is made, and other objects where a method opens them.
async def opened_when_needed():
    lazy = Lazy()  # expect: NAQ114
    print("made")
    await lazy.publish(b"1")


async def opened_by_name():
    lazy = Lazy()
    await lazy.connect_late()  # expect: NAQ114
    await lazy.publish(b"1")


class KeepsLazy:
    def __init__(self):
        self.lazy = Lazy()  # expect: NAQ114

    async def run(self):
        await self.lazy.publish(b"1")


class KeepsEither:
    def __init__(self, busy):
        self.either = Lazy()
        if busy:
            self.either = Lazy()

    async def run(self):
        await self.either.publish(b"1")  # expect: NAQ114
