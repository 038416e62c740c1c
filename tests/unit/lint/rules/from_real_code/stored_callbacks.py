"""A function that is stored and uses the connection of a block outlives it, unless the block waits."""

import nats

URL = "nats://localhost"


class Sender:
    async def start(self):
        async with await nats.connect(URL) as nc:
            self.send = lambda data: nc.publish("jobs", data)  # expect: NAQ106@13 connection 'nc' is stored to outlive the block that closes it; keep its use inside the block, or let the caller enter the manager

    async def serve(self, stop):
        async with await nats.connect(URL) as nc:

            async def send(data):
                await nc.publish("jobs", data)

            self.send = send
            await stop.wait()

    async def by_hand(self):
        nc = await nats.connect(URL)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
        self.send = lambda data: nc.publish("jobs", data)
