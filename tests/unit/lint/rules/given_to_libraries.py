# settings: {"catalogues": ["asyncio:event loop"]}
"""An attribute that the class gives to functions of libraries, which only use what it holds."""
import asyncio
import contextlib

import asyncpg
import httpx
import nats
import somewhere
import sqlalchemy
from elasticsearch import AsyncElasticsearch, helpers
from somewhere import indexes, view_of
from sqlalchemy.orm import sessionmaker


class GivenForTheAnswer:
    async def start(self, url):
        self.nc = await nats.connect(url)  # expect: NAQ108@25 connection 'self.nc' is closed by no method of class 'GivenForTheAnswer'; add one that calls 'await self.nc.close()', or use a context manager
        indexes.create(self.nc, "orders")
        await somewhere.ask(self.nc)

    async def find(self, words):
        found = await indexes.search(self.nc, words)
        for one in indexes.scan(connection=self.nc):
            print(one)
        return [one.name for one in found] if indexes.has(self.nc) else indexes.first(self.nc)[0]

    async def load(self, path):
        count, errors = await indexes.bulk(self.nc, path)
        if errors:
            print(errors)
        print(count)


class OfTheCatalogue:
    @property
    def client(self):
        if self._client is None:
            self._client = AsyncElasticsearch()  # expect: NAQ108@28 async client 'self._client' is closed by no method of class 'OfTheCatalogue'; add one that calls 'await self._client.close()', or use a context manager
        return self._client

    async def delete(self, actions):
        await helpers.async_bulk(client=self.client, actions=actions)


class NeverClosing:
    async def start(self, url):
        self.pool = await asyncpg.create_pool(url)  # expect: NAQ108@27 pool 'self.pool' is closed by no method of class 'NeverClosing'; add one that calls 'await self.pool.close()', or use a context manager
        self.sessions = sessionmaker(self.pool)
        self.metadata.create_all(self.pool)


class RunsALoop:
    def __init__(self):
        self.loop = asyncio.new_event_loop()  # expect: NAQ108@21 event loop 'self.loop' is closed by no method of class 'RunsALoop'; add one that calls 'self.loop.close()', or use a context manager

    def submit(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def watch(self):
        asyncio.get_child_watcher().attach_loop(self.loop)


# Silent: the function may close it by its name, or by what it gives back.
class NamedAfterAnEnd:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        await somewhere.stop_it(self.nc)


class Kept:
    async def start(self, url):
        self.nc = await nats.connect(url)
        somewhere.register(self.nc)


class Made:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders = somewhere.Orders(self.nc)


class MadeByAFunction:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders = somewhere.create(self.nc)


class Dropped:
    async def start(self, url):
        self.nc = await nats.connect(url)
        somewhere.Orders(self.nc)


class MadeForALocalName:
    async def start(self, url):
        self.nc = await nats.connect(url)
        orders = somewhere.create(self.nc)
        print(orders)


class Stored:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders = view_of(self.nc)


class StoredByName:
    async def start(self, url):
        self.nc = await nats.connect(url)
        orders = view_of(self.nc)
        self.orders = orders


class StoredInAPair:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders, self.items = view_of(self.nc)


class Returned:
    async def start(self, url):
        self.nc = await nats.connect(url)

    def orders(self):
        return view_of(self.nc)


class ReturnedByName:
    async def start(self, url):
        self.nc = await nats.connect(url)

    def orders(self):
        orders = view_of(self.nc)
        return orders


class Entered:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def run(self):
        with view_of(self.nc):
            pass


class EnteredByName:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def run(self):
        orders = view_of(self.nc)
        with orders:
            pass


class ClosedByName:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def run(self):
        orders = view_of(self.nc)
        orders.close()


class GivenOn:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.stack.push(view_of(self.nc))


class OfTheStandardLibrary:
    async def start(self, url):
        self.nc = await nats.connect(url)
        contextlib.ask(self.nc)


class OfTheProject:
    async def start(self, url):
        self.nc = await nats.connect(url)
        from . import orders
        orders.ask(self.nc)


class OfAnArgument:
    async def start(self, url, orders):
        self.nc = await nats.connect(url)
        orders.ask(self.nc)


class NotImported:
    async def start(self, url):
        self.nc = await nats.connect(url)
        ask(self.nc)


class RelativeImport:
    async def start(self, url):
        from .orders import ask
        self.nc = await nats.connect(url)
        ask(self.nc)


class NotCalledByName:
    async def start(self, url):
        self.nc = await nats.connect(url)
        somewhere.functions["ask"](self.nc)


# Silent: other code of the file gets the loop back.
class SetsALoop:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)


def end():
    asyncio.get_event_loop().close()
