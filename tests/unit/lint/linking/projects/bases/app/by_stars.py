"""Bases that a star import brings."""

import nats

from app.star import *
from app.base import *


class OnPlain(Plain):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108


class OnClosing(Closing):
    async def start(self):
        self.nc = await nats.connect("u")


# Silent: no module of the project has such a class.
class OnMissing(Missing):
    async def start(self):
        self.nc = await nats.connect("u")
