"""Classes that derive from owner classes of another module."""

import abc
import atexit

import app.base
from app.base import Bus, Given, Made, Opened


class Orders(Bus):
    async def order(self, number):
        await self.publish(number)
        await self.nc.flush()


class Behind(Orders, abc.ABC):
    kind = "orders"


class ByItsModule(app.base.Bus):
    async def run(self):
        await self.connect()


class Adds(Bus):
    async def connect(self):
        await super().connect()
        await self.nc.subscribe("orders")

    async def close(self):
        await self.nc.flush()
        await super().close()

    async def stop(self):
        await self.close()


class OpensInPlace(Opened):
    def __init__(self, url, name):
        super().__init__(url)
        self.name = name


class OfAGiven(Given):
    def get(self):
        return self.client.get("/")


# Silent: these change how it is opened or closed, or let other code close it.
class OpensElse(Bus):
    async def connect(self):
        self.other = await self.make()


class MayOpen(Bus):
    async def connect(self, really):
        if really:
            await super().connect()


class ClosesElse(Bus):
    async def close(self):
        self.nc = None


class NotAwaited(Bus):
    def close(self):
        return super().close()


class MakesElse(Made):
    async def make(self):
        return self.shared


class Sets(Bus):
    connect = None


class HandsOn(Bus):
    def start(self):
        atexit.register(self.close)


class HandsItselfOn(Bus):
    def start(self):
        register(self)


class HandsTheConnectionOn(Bus):
    def start(self):
        register(self.nc)


class Closes(Bus):
    async def end(self):
        await self.nc.close()


class New(Bus):
    def __new__(cls):
        return cls.only


class Two(Bus, Opened):
    pass


class OpensNothing(Opened):
    def __init__(self, url):
        self.url = url


class GivesIt(Given):
    def __init__(self, *, other):
        super().__init__(other)


@register
class Registered(Bus):
    pass


class ByAMetaclass(Bus, metaclass=Meta):
    pass


# Silent: its method calls itself, and not that of the base.
class CallsItself(Bus):
    async def close(self):
        await self.close()
