"""Owner classes that have a base of the project."""

import abc

import nats

from app.bases import ByMetaclass, Closing, ClosingAll, Decorated, Deeper, DeeperTouching, Ending, Entering, Further, LookedUp
from app.bases import Made, Plain, Registering, Touching


class OnPlain(Plain):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnDeeper(Deeper):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await super().close()
        await self.nc.close()


class OnMetaclass(ByMetaclass):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        await self.nc.close()


class WithMetaclass(metaclass=abc.ABCMeta):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        await self.nc.close()


class Local:
    def title(self):
        return "a"


class OnLocal(Local):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        await self.nc.close()


async def never_closed(url):
    bus = OnPlain()
    await bus.connect(url)  # expect: NAQ114


async def of_a_deeper_base(url):
    bus = OnDeeper("b")
    await bus.connect(url)  # expect: NAQ114


async def of_a_metaclass(url):
    bus = OnMetaclass()
    await bus.connect(url)  # expect: NAQ114
    other = WithMetaclass()
    await other.connect(url)  # expect: NAQ114


async def of_a_base_of_the_file(url):
    bus = OnLocal()
    await bus.connect(url)  # expect: NAQ114


# Silent: the base closes the objects, or gives them to other code, or it is not known whether it does.
class OnEntering(Entering):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnClosing(Closing):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnEnding(Ending):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def end_it(self):
        await self.nc.close()

    async def close(self):
        await self.nc.close()


class OnRegistering(Registering):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class BySuper(Registering):
    def __init__(self):
        super().__init__()

    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnTouching(Touching):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnMade(Made):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnLookedUp(LookedUp):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnFurther(Further):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnClosingAll(ClosingAll):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnDeeperTouching(DeeperTouching):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


class OnDecorated(Decorated):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


@unknown
class LocalDecorated:
    pass


class OnLocalDecorated(LocalDecorated):
    async def connect(self, url):
        self.nc = await nats.connect(url)

    async def close(self):
        await self.nc.close()


async def closed_by_a_base(url):
    ending = OnEnding()
    try:
        await ending.connect(url)
    finally:
        await ending.finish_all()


async def silent(url):
    await OnLocalDecorated().connect(url)
    await OnClosingAll().connect(url)
    await OnDeeperTouching().connect(url)
    await OnDecorated().connect(url)
    await OnEntering().connect(url)
    await OnClosing().connect(url)
    await OnEnding().connect(url)
    await OnRegistering().connect(url)
    await BySuper().connect(url)
    await OnTouching().connect(url)
    await OnMade().connect(url)
    await OnLookedUp().connect(url)
    await OnFurther().connect(url)
