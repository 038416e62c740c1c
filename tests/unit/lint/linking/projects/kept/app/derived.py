"""Classes whose objects have a constructor of another module, and functions that make objects."""

from app.stores import Closing, Store


class Events(Store):
    async def get(self):
        return await self.nc.request("events", b"")


class Ending(Closing):
    def __init__(self, nc):
        super().__init__(nc)


class Stores:
    def __init__(self, nc):
        self.shared = nc

    @property
    def events(self):
        return Events(self.shared)


class Endings:
    def __init__(self, nc):
        self.lent = nc

    @property
    def ending(self):
        return Ending(self.lent)


def make_stores(nc):
    return Stores(nc)


def make_endings(nc):
    return Endings(nc)
