"""A connection that an object gets which another object or a context manager keeps, or which is of a library: NAQ103."""

from contextlib import asynccontextmanager

import aiohttp
import nats
from gidgethub.aiohttp import GitHubAPI


class Store:
    def __init__(self, nc):
        self.nc = nc

    async def put(self, data):
        await self.nc.publish("orders", data)


class Orders:
    def __init__(self, name, store):
        self.name = name
        self.store = store

    async def put(self, data):
        await self.store.put(data)


async def in_an_object_of_another(url):
    orders = Orders("a", store=Store(await nats.connect(url)))  # expect: NAQ103
    await orders.put(b"1")


class Stopping:
    def __init__(self, store):
        self.stopped = store

    async def stop(self):
        await self.stopped.close()


# Silent: the object around it may close what it gets, or is not known.
async def in_an_object_that_closes(url, unknown):
    stopping = Stopping(Store(await nats.connect(url)))
    await stopping.stop()
    unknown(Store(await nats.connect(url)))


async def yielded_by_a_generator(url):
    yield Store(await nats.connect(url))


# The block of a context manager only uses what it gets.
@asynccontextmanager
async def yielded_by_a_manager(url):
    yield Orders("a", Store(await nats.connect(url)))  # expect: NAQ103@35 connection is never closed: 'Store' of line +0 only uses it; use 'async with await nats.connect(url) as nc'


@asynccontextmanager
async def yielded_by_name(url):
    store = Store(await nats.connect(url))  # expect: NAQ103
    yield store


@asynccontextmanager
async def closed_behind_the_yield(url):
    nc = await nats.connect(url)
    try:
        yield Store(nc)
    finally:
        await nc.close()


# The object of a library closes nothing, wherever it goes.
async def of_a_library(url):
    session = aiohttp.ClientSession()  # expect: NAQ103@15 session 'session' is never closed: 'GitHubAPI' of line +1 only uses it; use 'async with aiohttp.ClientSession() as session'
    github = GitHubAPI(session, "me")
    await github.getitem(url)


def of_a_library_that_goes_on():
    session = aiohttp.ClientSession()  # expect: NAQ103@15 session 'session' is never closed: 'GitHubAPI' of line +1 only uses it; close it where that ends
    return GitHubAPI(session, "me")


def of_a_library_that_is_passed(setup):
    session = aiohttp.ClientSession()  # expect: NAQ103@15 session 'session' is never closed: 'GitHubAPI' of line +1 only uses it; close it where that ends
    setup(GitHubAPI(session, "me"))


def with_an_object_that_may_close():
    session = aiohttp.ClientSession()
    Stopping(session)
    return GitHubAPI(session, "me")


class Kept:
    def __init__(self):
        self.session = aiohttp.ClientSession()  # expect: NAQ108
        self.github = GitHubAPI(self.session, "me")


class Private:
    def __init__(self, nc):
        self._nc = nc

    async def put(self, data):
        await self._nc.publish("orders", data)


# Callers get the object, in which the connection has a private name; a public name is there for them to close it.
async def returned(url):
    return Private(await nats.connect(url))  # expect: NAQ103@26 connection is never closed: 'Private' of line +0 only uses it; close it where that ends


async def returned_by_name(url):
    nc = await nats.connect(url)  # expect: NAQ103
    private = Private(nc)
    await private.put(b"1")
    return private


class Makes:
    @classmethod
    async def create(cls, url):
        return Private(await nats.connect(url))  # expect: NAQ103

    @property
    def made(self):
        return Private(nats.connect_now())


@unknown  # noqa: F821
async def returned_to_a_decorator(url):
    return Private(await nats.connect(url))


async def returned_with_a_public_name(url):
    return Store(await nats.connect(url))


async def returned_in_a_list(url):
    return [Private(await nats.connect(url))]


async def returned_and_passed(url, register):
    private = Private(await nats.connect(url))
    register(private)
    return private
