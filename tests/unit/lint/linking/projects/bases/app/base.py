"""Base classes; the module mentions no library."""

import abc
import dataclasses
from typing import Protocol, runtime_checkable

from app.deeper import Deeper
from somewhere import Unknown


class Plain:
    nc = None

    async def publish(self):
        await self.nc.publish("orders", b"1")


class Closing:
    async def stop(self):
        await self.nc.close()


class Getting:
    @property
    def connection(self):
        return self.nc

    async def stop(self):
        await self.connection.close()


class Handing:
    def __init__(self):
        self.start_all([self.nc])


class Inherits(Plain, Deeper, abc.ABC):
    pass


class OfALibrary(Unknown):
    pass


class Metaclass(type):
    pass


class Made(metaclass=Metaclass):
    pass


@abc.abstractmethod
class Decorated:
    pass


class Twice:
    pass


class Twice:
    async def stop(self):
        await self.nc.close()


@runtime_checkable
class Sends(Protocol):
    async def send(self, data): ...


@dataclasses.dataclass(frozen=True)
class Fields:
    name: str


@dataclasses.dataclass
class ClosingFields:
    name: str

    async def stop(self):
        await self.nc.close()
