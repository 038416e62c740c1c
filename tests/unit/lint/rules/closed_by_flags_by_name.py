"""A file that sets an attribute by its name: it may be one that a method asks for before it closes another."""

import nats


# Silent: another name for the flag may set it.
class SetByName:
    def __init__(self):
        self.named = False

    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")
        self.named = True

    async def stop(self):
        if self.named:
            await self.nc.close()


def tell(one, name):
    setattr(one, name, 1)
