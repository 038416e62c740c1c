"""A class method gives a connection to `cls()`: the constructor of its class says what becomes of the connection."""

import nats

from library import Reading


class Status:
    def __init__(self, nc):
        self.connected = nc.is_connected

    @classmethod
    async def of(cls, url):
        nc = await nats.connect(url)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
        return cls(nc)


class NamedStatus(Status):
    @classmethod
    async def named(cls, url):
        nc = await nats.connect(url)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
        return cls(nc=nc)


# Silent from here on.
class Bus:
    def __init__(self, nc):
        self.nc = nc

    @classmethod
    async def of(cls, url):
        nc = await nats.connect(url)
        return cls(nc)


class Derived(Reading):
    @classmethod
    async def of(cls, url):
        nc = await nats.connect(url)
        return cls(nc)


class Kind(type):
    def __init__(cls, nc):
        super().__init__(nc.is_connected)

    async def of(cls, url):
        nc = await nats.connect(url)
        return cls(nc)


class Replaced(Status):
    kinds = {}

    @classmethod
    async def by_another_class(cls, url):
        cls = cls.kinds[url]
        nc = await nats.connect(url)
        return cls(nc)


class Base:
    def __init__(self, nc):
        self.connected = nc.is_connected

    @classmethod
    async def of(cls, url):
        nc = await nats.connect(url)
        return cls(nc)


class Keeping(Base):
    def __init__(self, nc):
        super().__init__(nc)
        self.nc = nc


class Given(Status):
    async def by_a_parameter(self, cls, url):
        nc = await nats.connect(url)
        return cls(nc)
