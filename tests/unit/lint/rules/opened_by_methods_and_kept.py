"""Silent: attributes that a method opens by another method, and may leave open on purpose."""

import nats


class UsedByAnother:
    async def _connect(self):
        self.nc = await nats.connect("u")

    async def start(self):
        await self._connect()
        ready = await work()
        if ready:
            return
        await self.nc.close()

    async def send(self):
        await self.nc.publish("orders", b"1")


class KeptByASetting:
    def __init__(self, keep):
        self.keep = keep

    async def _connect(self):
        self.link = await nats.connect("u")

    async def run(self):
        await self._connect()
        if self.keep:
            return
        await self.link.close()


class KeptByAnArgument:
    async def _connect(self):
        self.given = await nats.connect("u")

    async def run(self, keep):
        await self._connect()
        if keep:
            return
        await self.given.close()


class OpensAgain:
    async def _connect(self):
        self.again = await nats.connect("u")

    async def reopen(self):
        await self.again.close()
        await self._connect()


class GivesItself:
    async def _connect(self):
        self.own = await nats.connect("u")

    async def run(self, registry):
        await self._connect()
        registry.register(self)
        await self.own.close()


class LeavesEarly:
    """Reported: nothing decides about the early end but a result, and nothing else uses the connection."""

    async def _connect(self):
        self.early = await nats.connect("u")

    async def run(self):
        await self._connect()  # expect: NAQ102@15 connection 'self.early' from '_connect' (line -3) stays open if line +1 raises; call 'await self.early.close()' in a 'finally'
        ready = await work()
        if ready:
            return
        await self.early.close()


async def work():
    return True
