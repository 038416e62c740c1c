"""The first answer of a `cached_property` becomes an attribute, and the class has to close it."""

import functools
from functools import cached_property

import nats
from somewhere import Base


class Never:
    @cached_property
    def client(self):
        return nats.NATS()

    @functools.cached_property
    async def nc(self):
        nc = await nats.connect("u")  # expect: NAQ108
        return nc

    async def send(self):
        await (await self.nc).publish("orders", b"1")


class Closed:
    @cached_property
    async def nc(self):
        return await nats.connect("u")

    async def stop(self):
        await (await self.nc).close()


class ClosedIfThere:
    @cached_property
    async def nc(self):
        return await nats.connect("u")

    async def stop(self):
        nc = self.__dict__.pop("nc", None)
        if nc is not None:
            await (await nc).close()


class OfABase(Base):
    @cached_property
    async def nc(self):
        return await nats.connect("u")


class Methods:
    async def nc(self):
        return await nats.connect("u")
