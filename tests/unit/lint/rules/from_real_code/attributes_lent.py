"""A function that only uses the attribute which it is given does not close it."""

import nats


async def send(nc, data):
    await nc.publish("orders", data)


async def finish(nc):
    await nc.drain()


async def put(nc, held=[]):
    held.append(nc)


class LentToAFunction:
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108

    async def send(self, data):
        await send(self.nc, data)


class LentByAName:
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108

    async def send(self, data):
        nc = self.nc
        await send(nc, data)


class LentToAMethod:
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108

    async def send(self, data):
        await self._send(nc=self.nc, data=data)

    async def _send(self, nc, data):
        await nc.publish("orders", data)


# Silent: the function closes or keeps it, or what it does is not known.
class GivenToBeClosed:
    async def start(self):
        self.nc = await nats.connect("u")

    async def stop(self):
        await finish(self.nc)


class GivenToBeKept:
    async def start(self):
        self.nc = await nats.connect("u")

    async def keep(self):
        await put(self.nc)


class GivenToBoth:
    async def start(self):
        self.nc = await nats.connect("u")

    async def stop(self, data):
        await send(self.nc, data)
        await finish(self.nc)


class GivenToAnUnknownFunction:
    async def start(self):
        self.nc = await nats.connect("u")

    async def stop(self, stopped):
        await stopped(self.nc)


class GivenToAMethodThatOthersWrite:
    async def start(self):
        self.nc = await nats.connect("u")

    async def stop(self):
        await self.stopped(self.nc)

    async def stopped(self, nc):
        """Close it."""
        raise NotImplementedError


class GivenToSeveral:
    async def start(self):
        self.nc = await nats.connect("u")

    async def stop(self):
        await self.both(self.nc, self.nc)

    async def both(self, first, second):
        await first.flush()
        await second.close()


async def stop_client(nc):
    nc.transport.abort()


class GivenToBeStopped:
    async def start(self):
        self.nc = await nats.connect("u")

    async def stop(self):
        await stop_client(self.nc)
