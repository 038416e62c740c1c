"""Classes with bases in other modules."""

import nats

import app.base
from app import base, export
from app.base import Closing, Decorated, Getting, Handing, Inherits, Made, OfALibrary, Plain, Sends, Twice
from app.deep_one import One
from app.export import Exported
from app.far_one import Far, FarClosing
from app.missing import Missing
from app.ring_one import Ring
from app.star import Closing as ClosingByAStar, Plain as PlainByAStar
from app.two_stars import Plain as PlainByOneOfTwo


class OnPlain(Plain):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108@25 connection 'self.nc' is closed by no method of class 'OnPlain'; add one that calls 'await self.nc.close()', or use a context manager


class OnPlainByTheModule(app.base.Plain):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108


class OnPlainByAnotherModule(export.Plain):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108


class OnClosing(Closing):
    async def start(self):
        self.nc = await nats.connect("u")


class OnClosingOfAnotherAttribute(Closing):
    async def start(self):
        self.other = await nats.connect("u")  # expect: NAQ108


class OnExported(Exported):
    async def start(self):
        self.nc = await nats.connect("u")


class OnGetting(Getting):
    async def start(self):
        self.nc = await nats.connect("u")


class OnHanding(Handing):
    async def start(self):
        self.nc = await nats.connect("u")


class OnInherits(Inherits):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108
        self.deep = await nats.connect("u")


class OnSeveral(Plain, base.Closing):
    async def start(self):
        self.nc = await nats.connect("u")


class IntroducesItOnUnknown(OfALibrary):
    def __init__(self):
        self.nc = None
        self.sock = None

    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108
        self.sock = await nats.connect("u")


# Silent: what the base does is not known.
class OnUnknown(OfALibrary):
    async def start(self):
        self.nc = await nats.connect("u")


class OnMissing(Missing):
    async def start(self):
        self.nc = await nats.connect("u")


class OnMade(Made):
    async def start(self):
        self.nc = await nats.connect("u")


class OnDecorated(Decorated):
    async def start(self):
        self.nc = await nats.connect("u")


class OnTwice(Twice):
    async def start(self):
        self.nc = await nats.connect("u")


class OnACheckableProtocol(Sends):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108@25 connection 'self.nc' is closed by no method of class 'OnACheckableProtocol'; add one that calls 'await self.nc.close()', or use a context manager


class OnPlainByAStar(PlainByAStar):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108


class OnClosingByAStar(ClosingByAStar):
    async def start(self):
        self.nc = await nats.connect("u")


# Silent: the other star may bring another class of this name.
class OnPlainByOneOfTwo(PlainByOneOfTwo):
    async def start(self):
        self.nc = await nats.connect("u")


class OnDeep(One):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108


class OnFar(Far):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108


class OnFarClosing(FarClosing):
    async def start(self):
        self.nc = await nats.connect("u")


class OnARing(Ring):
    async def start(self):
        self.nc = await nats.connect("u")


class OnFields(base.Fields):
    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ108


class OnClosingFields(base.ClosingFields):
    async def start(self):
        self.nc = await nats.connect("u")
