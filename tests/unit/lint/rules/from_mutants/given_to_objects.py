"""Connections that objects get or keep, where the code does not show that they stay open."""

import nats
from app import registered


class Sender:
    def __init__(self, nc):
        self.sends_by = nc

    async def send(self):
        await self.sends_by.flush()


class TwoWays:
    def __init__(self, first, second):
        self.first_way = first
        self.second_way = second

    async def send(self):
        await self.first_way.flush()


# Silent: an object that gets it twice is not looked through.
async def given_twice(url):
    nc = await nats.connect(url)
    two_ways = TwoWays(nc, nc)
    await two_ways.send()


# Not NAQ103: code that sets attributes of the object may do more with it.
async def an_attribute_is_set(url, other):
    nc = await nats.connect(url)
    sender = Sender(nc)
    sender.other = other
    await sender.send()


# Silent: a decorator that is not known may close what the fields get.
@registered
class Registered:
    is_registered: object

    async def send(self):
        await self.is_registered.flush()


async def made_of_a_registered_class(url):
    nc = await nats.connect(url)
    registered_sender = Registered(nc)
    await registered_sender.send()


# Silent: the old connection gets another name, by which other code may close it.
class KeepsTheOld:
    async def open(self, url):
        self.newest = await nats.connect(url)

    async def reconnect(self, url):
        self.oldest = self.newest
        self.newest = await nats.connect(url)

    async def close(self):
        await self.newest.close()


def asks(nc):
    print(nc.is_connected)


class AsksFirst:
    def __init__(self, nc):
        asks(nc)
        self.asked_before = nc

    async def send(self):
        await self.asked_before.flush()


async def given_to_a_constructor_that_asks(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'AsksFirst' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    sender = AsksFirst(nc)
    await sender.send()
