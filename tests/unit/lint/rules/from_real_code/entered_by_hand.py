"""A manager that is entered by hand is entered, and a client that is entered by hand gives itself."""

import httpx
from naq.connection import nats_connection


class Holder:
    async def start(self, config):
        manager = nats_connection(config)
        self.conn = await manager.__aenter__()
        self.leave = manager.__aexit__


async def only_asked(config):
    manager = nats_connection(config)  # expect: NAQ110@15 the manager is called and never entered, so nothing is opened; use 'async with nats_connection(config) as conn'
    print(manager.__class__)


class Kept:
    async def start(self):
        self.client = await httpx.AsyncClient().__aenter__()

    async def stop(self):
        await self.client.__aexit__(None, None, None)


class EnteredWithIt:
    async def __aenter__(self):
        self.client = httpx.AsyncClient()
        await self.client.__aenter__()
        return self

    async def __aexit__(self, *exception):
        await self.client.__aexit__(*exception)


def returned():
    return httpx.Client().__enter__()


def left_by_hand(url):
    client = httpx.Client().__enter__()  # expect: NAQ101@14 client 'client' is closed by hand; use 'with httpx.Client() as client'
    try:
        client.get(url)
    finally:
        client.__exit__(None, None, None)


async def never_left(url):
    client = await httpx.AsyncClient().__aenter__()  # expect: NAQ103@20 client 'client' is never closed; use 'async with httpx.AsyncClient() as client'
    await client.get(url)
