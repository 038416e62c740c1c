"""Makes objects of owner classes."""

from app import bus as buses
from app.bus import Bus, Managed, Outer
from app.helpers import keep, shut, work


async def never_closed():
    bus = Bus("u")  # no connection yet
    await bus.connect()  # expect: NAQ114@11 Bus 'bus' opens a connection (app/bus.py:12) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(b"1")


async def by_the_module():
    bus = buses.Bus("u")
    await bus.connect()  # expect: NAQ114


async def lent():
    bus = Bus("u")
    await bus.connect()  # expect: NAQ114
    await work(bus)


async def never_opened():
    bus = Bus("u")
    print(bus.url)


async def closed():
    bus = Bus("u")
    await bus.connect()  # expect: NAQ114@11 Bus 'bus' opens a connection (app/bus.py:12) and stays open if line +1 raises; call 'await bus.close()' in a 'finally'
    await bus.publish(b"1")
    await bus.close()


async def closed_by_a_helper():
    bus = Bus("u")
    await bus.connect()
    await shut(bus)


async def kept():
    bus = Bus("u")
    await bus.connect()
    keep(bus)


async def returned():
    bus = Bus("u")
    await bus.connect()
    return bus


async def reached_into():
    bus = Bus("u")
    await bus.connect()
    await bus.nc.close()


async def entered():
    async with Managed() as managed:
        await managed.nc.flush()


async def entered_later():
    managed = Managed()
    async with managed:
        print(managed)


async def opened_by_hand():
    managed = Managed()
    await managed.start()  # expect: NAQ114@11 Managed 'managed' opens a connection (app/bus.py:31) and is never closed; use 'async with Managed() as managed'


async def runs():
    managed = Managed()
    await managed.run()


async def an_owner_of_an_owner():
    outer = Outer()
    await outer.start()  # expect: NAQ114@11 Outer 'outer' opens a Bus (app/bus.py:49) and is never closed; call 'await outer.stop()' in a 'finally'


class Holder:
    def __init__(self):
        self.bus = Bus("u")

    async def start(self):
        await self.bus.connect()  # expect: NAQ114@15 Bus 'self.bus' opens a connection (app/bus.py:12) and is closed by no method of class 'Holder'; add one that calls 'await self.bus.close()'


class ClosingHolder:
    def __init__(self):
        self.bus = Bus("u")

    async def start(self):
        await self.bus.connect()

    async def stop(self):
        await self.bus.close()


# Silent: it closes what is inside the object.
class HolderThatClosesInside:
    def __init__(self):
        self.bus = Bus("u")

    async def start(self):
        await self.bus.connect()

    async def stop(self):
        await self.bus.client.close()


class HolderThatDrainsInside:
    def __init__(self):
        self.bus = Bus("u")

    async def start(self):
        await self.bus.connect()

    async def stop(self):
        await self.bus.client.drain()
