"""Kept on self and never closed."""

import sys
from abc import ABC, ABCMeta

import nats
from nats.aio.client import Client as NATS
from somewhere import Base
from starlette.middleware.base import BaseHTTPMiddleware

URL = "nats://localhost"


class Never:
    async def start(self):
        self.nc = await nats.connect(URL)  # expect: NAQ108@25 connection 'self.nc' is closed by no method of class 'Never'; add one that calls 'await self.nc.close()', or use a context manager


class ClientObject(ABC):
    def __init__(self):
        self.client = NATS()

    async def start(self):
        await self.client.connect(URL)  # expect: NAQ108@15 connection 'self.client' is closed by no method of class 'ClientObject'; add one that calls 'await self.client.close()', or use a context manager


# Silent: closed by a method, a base of this file, through an alias, or perhaps by a base from elsewhere.
class Closed:
    async def start(self):
        self.conn = await nats.connect(URL)

    async def stop(self):
        await self.conn.close()


class Closer:
    async def stop(self):
        await self.link.drain()


class Inherits(Closer):
    async def start(self):
        self.link = await nats.connect(URL)


class Alias:
    async def start(self):
        self.wire = await nats.connect(URL)

    async def stop(self):
        wire, self.wire = self.wire, None
        await wire.close()


class FromElsewhere(Base):
    async def start(self):
        self.held = await nats.connect(URL)


# A base of each Python, which closes nothing, and one that may.
if sys.version_info >= (3, 4):
    Abstract = ABC
    Either = ABC
else:
    Abstract = ABCMeta("Abstract", (), {})
    Either = ABCMeta("Either", (Base,), {})


class OnAbstract(Abstract):
    async def start(self):
        self.line = await nats.connect(URL)  # expect: NAQ108


class OnEither(Either):
    async def start(self):
        self.either = await nats.connect(URL)


# A base of another library that closes nothing of what a subclass keeps.
class Watched(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        self.watching = await nats.connect(URL)  # expect: NAQ108
        return await call_next(request)


class GivenInADict:
    async def start(self, app):
        self.nc = await nats.connect(URL)
        app.made = dict(nc=self.nc)


# Silent: the method closes it where nothing fails, too.
class ClosedByItsMethod:
    async def run(self):
        nc = self.nc = await nats.connect()
        try:
            await nc.flush()
        except OSError:
            print("lost")
        await nc.close()
