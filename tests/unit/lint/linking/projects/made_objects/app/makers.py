"""Functions that make objects of owner classes of another module."""

from functools import lru_cache

import app.bus
from app.bus import Bus, Opened, Other, make


def closed(name) -> Bus:
    if name:
        return Bus()
    return app.bus.Bus()


async def opened():
    bus = Bus()
    await bus.connect()
    return bus


def opened_at_once():
    return Opened()


def pair():
    return Opened(), 1


async def uses_its_own(data):
    bus = closed("")
    await bus.connect()  # expect: NAQ114@11 Bus 'bus' opens a connection (app/bus.py:9) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(data)


# Silent: these may return something else, or the same object again.
def one_of_two(name):
    if name:
        return Bus()
    return Other()


@lru_cache
def only():
    return Bus()


def maybe(name):
    if name:
        return Bus()


async def waits():
    return Bus()


def many():
    yield 1
    return Bus()


def made_open(url):
    return Opened()


def kept(bus):
    return bus or Bus()


def twice():
    return Bus()


def twice():
    return bus


async def shared():
    bus = Bus()
    await bus.connect()
    register(bus)
    return bus
