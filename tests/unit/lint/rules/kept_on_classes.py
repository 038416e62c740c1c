"""Attributes of classes, clients made in a class body, and bases of other files."""
import nats
from nats.aio.client import Client
from streamz import Sink

from .base import Base


class Bus:
    _client = None

    @classmethod
    async def start(cls, address):
        if cls._client is None:
            cls._client = await nats.connect(address)  # expect: NAQ108@33 connection 'cls._client' is closed by no method of class 'Bus'; add one that calls 'await cls._client.close()', or use a context manager

    @classmethod
    def reset(cls):
        cls._client = None


class ByName:
    link = None

    async def start(self, address):
        ByName.link = await nats.connect(address)  # expect: NAQ108@29 connection 'ByName.link' is closed by no method of class 'ByName'; add one that calls 'await ByName.link.close()', or use a context manager


class OfItsType:
    async def start(self, address):
        type(self).shared = await nats.connect(address)  # expect: NAQ108@35 connection 'type(self).shared' is closed by no method of class 'OfItsType'; add one that calls 'await type(self).shared.close()', or use a context manager


class InItsBody:
    made = Client()

    async def start(self, address):
        await self.made.connect(address)  # expect: NAQ108@15 connection 'self.made' is closed by no method of class 'InItsBody'; add one that calls 'await self.made.close()', or use a context manager


# Silent: the class closes it, under one name or the other.
class Closes:
    client = Client()
    other = None

    async def start(self, address):
        await self.client.connect(address)
        Closes.other = await nats.connect(address)

    @classmethod
    async def stop(cls):
        await cls.client.close()
        await cls.other.close()


class Outlet(Sink):
    async def update(self, item):
        if not hasattr(self, "outlet"):
            self.outlet = await nats.connect(self.address)  # expect: NAQ108@33 connection 'self.outlet' is closed by no method of class 'Outlet'; add one that calls 'await self.outlet.close()', or use a context manager
        await self.outlet.publish(self.topic, item)


class Introduced(Base):
    def __init__(self):
        super().__init__()
        self._link = None

    async def open(self):
        self._link = await nats.connect()  # expect: NAQ108@28 connection 'self._link' is closed by no method of class 'Introduced'; add one that calls 'await self._link.close()', or use a context manager


# Silent: the base may know the attribute.
class Known(Base):
    async def open(self):
        self.link = await nats.connect()


# Another class closes an attribute of the same name, of itself.
class OwnAttribute:
    async def start(self, address):
        self.same_name = await nats.connect(address)  # expect: NAQ108@32


class ClosesItsOwn:
    @classmethod
    async def stop(cls):
        await cls.same_name.close()
