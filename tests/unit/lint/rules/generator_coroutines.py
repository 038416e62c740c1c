# settings: {"catalogues": ["files", "aiohttp"]}
"""Coroutines of older Python: generators that wait with `yield from`, as `await` does."""

import asyncio
import types

import aiohttp
import nats


@asyncio.coroutine
def never_closed(url):
    nc = yield from nats.connect(url)  # expect: NAQ103@21 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc' in an async function
    yield from nc.publish("orders", b"1")


@types.coroutine
def on_some_ways(url):
    nc = yield from nats.connect(url)  # expect: NAQ102@21 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc' in an async function
    yield from nc.publish("orders", b"1")
    yield from nc.close()


@asyncio.coroutine
def by_hand(url):
    nc = nats.NATS()
    yield from nc.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with nc' in an async function
    try:
        yield from nc.publish("orders", b"1")
    finally:
        yield from nc.close()


# Silent: the caller gets it.
@asyncio.coroutine
def returned(url):
    return (yield from nats.connect(url))


@asyncio.coroutine
def before_it_is_returned(url):
    nc = yield from nats.connect(url)  # expect: NAQ102@21 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    yield from nc.flush()
    return nc


class Bus:
    def __init__(self):
        self.session = aiohttp.ClientSession()

    @asyncio.coroutine
    def connect(self, url):
        self.nc = yield from nats.connect(url)  # expect: NAQ108@30

    @asyncio.coroutine
    def close(self):
        yield from self.session.close()


# A generator that only reads a file.
def lines(path):
    yield from open(path)  # expect: NAQ103@16 file is never closed; use 'with open(path) as f'


def lines_of_a_name(path):
    file = open(path)  # expect: NAQ102@12
    yield from file
    file.close()
