"""Providers of dishka: an error of what uses the object is sent to the generator, and not thrown into it."""

import nats
from dishka import Provider, Scope, provide


class Connections(Provider):
    @provide(scope=Scope.APP)
    async def connection(self, url: str):
        nc = await nats.connect(url)
        yield nc
        await nc.close()

    # Another decorator may throw.
    @staticmethod
    async def thrown_into(url: str):
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if the code that line +1 yields to raises or stops; use 'async with await nats.connect(url) as nc'
        yield nc
        await nc.close()
