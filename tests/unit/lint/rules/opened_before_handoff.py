"""A second resource is opened before other code has the first one, which is lost where that fails."""
import asyncio
import socket
import sqlite3

import aiohttp
import asyncpg
import httpx
import nats


class Pair:
    def __init__(self, first, second):
        self.first = first
        self.second = second


async def both_returned(first, second):
    one = await nats.connect(first)  # expect: NAQ102@17 connection 'one' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    two = await nats.connect(second)
    return one, two


async def of_two_libraries(url, dsn):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    connection = await asyncpg.connect(dsn)
    return nc, connection


async def in_an_object(first, second):
    one = await nats.connect(first)  # expect: NAQ102@17
    two = await nats.connect(second)
    return Pair(one, two)


def without_await(first, second):
    one = sqlite3.connect(first)  # expect: NAQ102@11
    two = sqlite3.connect(second)
    return one, two


async def _pool(dsn):
    return await asyncpg.connect(dsn)


async def by_a_function_of_the_file(url, dsn):
    nc = await nats.connect(url)  # expect: NAQ102@16
    two = await _pool(dsn)
    return nc, two


class Store:
    async def start(self, first, second):
        one = await nats.connect(first)  # expect: NAQ102@21
        two = await nats.connect(second)
        self.one = one
        self.two = two

    async def stop(self):
        try:
            await self.one.close()
        finally:
            await self.two.close()


async def where_a_handler_takes_the_error(first, second):
    try:
        one = await nats.connect(first)  # expect: NAQ102@21 connection 'one' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        two = await nats.connect(second)
        return one, two
    except Exception as error:
        print(error)


# Silent: a handler closes it, which says what can be raised there.
async def closed_where_the_server_is_gone(first, second):
    one = await nats.connect(first)
    try:
        two = await nats.connect(second)
    except OSError:
        await one.close()
        raise
    return one, two


# Silent: a class that is just called waits for nothing, and hardly fails.
async def with_a_class(url):
    nc = await nats.connect(url)
    client = httpx.AsyncClient()
    return nc, client


async def with_a_class_that_is_named_so(path):
    connection = sqlite3.connect(path)
    other = aiohttp.TCPConnector()
    return connection, other


def with_a_class_in_small_letters(path):
    connection = sqlite3.connect(path)
    listener = socket.socket()
    return connection, listener


# Silent: a call that is not known fails on the line of the resource itself.
async def with_a_number(url, number):
    nc, port = await nats.connect(url), number()
    return nc, port


# Silent: it is closed where the other cannot be opened.
async def closed(first, second):
    one = await nats.connect(first)
    try:
        two = await nats.connect(second)
    except BaseException:
        await one.close()
        raise
    return one, two


# Silent: other code has it by then, or may.
async def stored_before(first, second, connections):
    one = await nats.connect(first)
    connections.append(one)
    two = await nats.connect(second)
    return one, two


async def perhaps_kept_before(first, second, keep):
    try:
        one = await nats.connect(first)
        await asyncio.sleep(1)
        keep(one)
        two = await nats.connect(second)
        return one, two
    except Exception as error:
        print(error)


class Kept:
    async def start(self, first, second):
        self.one = await nats.connect(first)
        self.two = await nats.connect(second)

    async def stop(self):
        try:
            await self.one.close()
        finally:
            await self.two.close()
