# settings: {"select": ["NAQ111"]}
"""What may fail before a connection is handed on, besides the operations that NAQ102 names."""

import asyncio
import sqlite3

import nats


class Bus:
    def __init__(self, nc):
        self.nc = nc


async def cancelled(url):
    nc = await nats.connect(url)  # expect: NAQ111
    await asyncio.sleep(1)
    return nc


async def called(url, told):
    nc = await nats.connect(url)  # expect: NAQ111
    told()
    return nc


def _set_up(connection):
    connection.execute("PRAGMA journal_mode = WAL")


# Silent, but for NAQ102, which names the function that works with it.
def opened(path):
    connection = sqlite3.connect(path)  # expect: NAQ102@18
    _set_up(connection)
    return connection


async def with_care(url, told):
    nc = await nats.connect(url)
    try:
        told()
    except BaseException:
        await nc.close()
        raise
    return nc


async def at_once(url):
    return await nats.connect(url)


# Silent here: NAQ102 reports it.
async def operation(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    return nc


# Silent: no other code gets it for certain.
async def lent(url, keep, told):
    nc = await nats.connect(url)
    told()
    keep(nc)


class Kept:
    async def start(self, url, told):
        nc = await nats.connect(url)  # expect: NAQ111
        told()
        self.nc = nc

    async def stop(self):
        await self.nc.close()


class Finalized:
    def __init__(self, path, told):
        self.file = open(path)
        told()
        self.path = path

    def __del__(self):
        self.file.close()


class Private:
    def __init__(self, nc):
        self._nc = nc


# NAQ103 reports what no code closes, and that alone.
async def in_an_object(url, told):
    nc = await nats.connect(url)  # expect: NAQ103
    told()
    return Private(nc)


async def in_an_object_of_others(url, told):
    nc = await nats.connect(url)  # expect: NAQ111
    told()
    return Bus(nc)
