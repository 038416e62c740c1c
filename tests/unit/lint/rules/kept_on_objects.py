"""What a function keeps on an object of a class of the file, as `self` would: the class closes it nowhere."""

import sqlite3

import nats
from other import Far


class Bus:
    def __init__(self):
        self.nc = None

    async def send(self):
        await self.nc.publish("a", b"")


async def made(url):
    bus = Bus()
    bus.nc = await nats.connect(url)  # expect: NAQ108@20 connection 'bus.nc' is closed by no method of class 'Bus'; add one that calls 'await self.nc.close()', or use a context manager
    return bus


async def given(bus: Bus, url):
    bus.nc = await nats.connect(url)  # expect: NAQ108


class Buses:
    def __init__(self):
        self.every = []

    async def add(self, url):
        bus = Bus()
        bus.nc = await nats.connect(url)  # expect: NAQ108
        self.every.append(bus)

    async def reconnect(self, url):
        bus = Bus()
        bus.nc = await nats.connect(url)  # expect: NAQ108
        return bus


# Silent: the class closes it, or code of the file does.
class Closing:
    async def close(self):
        await self.client.close()


async def closing(url):
    one = Closing()
    one.client = await nats.connect(url)
    return one


class Lent:
    async def send(self):
        await self.link.publish("a", b"")


async def lent(url):
    one = Lent()
    one.link = await nats.connect(url)
    try:
        await one.send()
    finally:
        await one.link.close()


# Silent: another method of the class puts a connection into the attribute of another object, and not of `self`.
class Copied:
    async def start(self, url):
        self.copied = await nats.connect(url)

    async def reconnect(self, url):
        other = Copied()
        other.copied = await nats.connect(url)
        return other

    async def close(self):
        await self.copied.close()


# Silent: it is not known what the name holds.
async def not_known(far: Far, anything, url):
    far.one = await nats.connect(url)
    anything.two = await nats.connect(url)


async def one_of_two(first, url):
    bus = Bus() if first else Far()
    bus.three = await nats.connect(url)
    return bus


class OnlyOne:
    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance.made_once = sqlite3.connect("db")  # expect: NAQ108@39 connection 'self.made_once' is closed by no method of class 'OnlyOne'; add one that calls 'self.made_once.close()', or use a context manager
        return cls._instance

    def rows(self):
        return self.made_once.execute("SELECT 1")


class OnlyOneClient:
    def __new__(cls):
        instance = object.__new__(cls)
        instance.connected_later = nats.NATS()
        return instance

    async def start(self):
        await self.connected_later.connect("u")  # expect: NAQ108@15 connection 'self.connected_later' is closed by no method of class 'OnlyOneClient'; add one that calls 'await self.connected_later.close()', or use a context manager


# Silent: a method closes it, or the object may be of another class.
class OnlyOneWithClose:
    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
            cls._instance.made_and_closed = sqlite3.connect("db")
        return cls._instance

    def close(self):
        self.made_and_closed.close()


class OnlyOneOfAnother:
    def __new__(cls):
        instance = cls.registered
        instance.made_for_another = sqlite3.connect("db")
        return instance

    def new(self):
        instance = self.other.__new__(self.other)
        instance.made_elsewhere = sqlite3.connect("db")
        return instance
