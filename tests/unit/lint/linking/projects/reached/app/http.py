"""Attributes that are left open here, and that other modules close through the objects, or do not."""

import nats
from nats.aio.client import Client


class Http:
    # Silent: `bot.py` closes it, and imports this module by another.
    async def start(self, url):
        self.session = await nats.connect(url)

    async def get(self):
        await self.session.flush()


class Named:
    # Silent: `plugin.py` belongs to no program with this module, and names the object like the class.
    async def start(self, url):
        self.link = await nats.connect(url)

    async def get(self):
        await self.link.flush()


class Base:
    # Silent: a class that derives from it closes it.
    async def start(self, url):
        self._nc = await nats.connect(url)

    async def get(self):
        await self._nc.flush()


class Shared:
    # Silent: `bot.py` closes what the property gives.
    async def start(self, url):
        self._shared = await nats.connect(url)

    @property
    def shared(self):
        return self._shared


class Numbered:
    # Silent: a loop of `bot.py` closes it by another name.
    async def start(self, url):
        self.first = await nats.connect(url)


class Viewed:
    # Silent: `bot.py` closes the client of a view.
    def __init__(self):
        self.viewed = Client()

    async def start(self, url):
        await self.viewed.connect(url)


class Other:
    # The tests close it, and a class that does not derive from this one closes its own.
    async def start(self, url):
        self.other = await nats.connect(url)  # expect: NAQ108@28

    async def get(self):
        await self.other.flush()


class Tool:
    # A module of another program closes something of that name.
    async def start(self, url):
        self.tooled = await nats.connect(url)  # expect: NAQ108@29


class Unfinished:
    # `bot.py` closes another attribute of it.
    async def start(self, url):
        self.unfinished = await nats.connect(url)  # expect: NAQ108@33
