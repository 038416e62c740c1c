"""Classes that keep a connection, and what may close it."""

import abc

import nats

URL = "nats://localhost"


class Meta(type):
    pass


class WithMetaclass(metaclass=Meta):
    async def start(self):
        self.nc = await nats.connect(URL)


class WithKnownMetaclass(metaclass=abc.ABCMeta):
    async def start(self):
        self.nc = await nats.connect(URL)  # expect: NAQ108@25 connection 'self.nc' is closed by no method of class 'WithKnownMetaclass'; add one that calls 'await self.nc.close()', or use a context manager


class GivesItInACondition:
    async def start(self):
        self.nc = await nats.connect(URL)

    async def stop(self, shut, keep):
        await shut(None if keep else self.nc)


class GivesSomethingElse:
    async def start(self):
        self.nc = await nats.connect(URL)  # expect: NAQ108@25 connection 'self.nc' is closed by no method of class 'GivesSomethingElse'; add one that calls 'await self.nc.close()', or use a context manager

    async def stop(self, shut, keep):
        await shut(None if keep else self.other)


class ReleasedByASubclass:
    async def start(self):
        self.nc = await nats.connect(URL)


class Sub(ReleasedByASubclass):
    async def stop(self):
        await self.nc.close()


# Silent: closed by the name of the attribute, or from outside through another object.
class ClosesByName:
    async def start(self):
        self.named = await nats.connect(URL)

    async def stop(self):
        for name in ("named",):
            await getattr(self, name).close()


class ClosedFromOutside:
    async def start(self):
        self.outer = await nats.connect(URL)


async def stop(app):
    await app.service.outer.close()


try:
    from fancy import Base
except ImportError:

    class Base:
        pass


# Silent: what is imported may close it.
class WithAnImportedBase(Base):
    async def start(self):
        self.based = await nats.connect(URL)


# Silent: a base of another file may close it, and a key of that name does not say that the class alone has the attribute.
class NamesAKey(somewhere.Base):
    timeout = SETTINGS["link"]

    async def start(self, url):
        self.link = await nats.connect(url)
