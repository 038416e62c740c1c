"""Silent: a base may add to what the class says."""

import nats

from app.bus import Bus


class Derived(Bus):
    async def connect(self):
        self.other = await nats.connect("u")

    async def close(self):
        await self.other.close()


async def uses():
    derived = Derived("u")
    await derived.connect()
