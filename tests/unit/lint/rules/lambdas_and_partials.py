"""Names of lambdas, and of what `partial` gives, that open a connection."""

import functools
import sqlite3
from contextlib import closing
from functools import partial

import nats

connect = partial(
    nats.connect,
    "nats://bus",
    name="app",
)
open_database = lambda: sqlite3.connect("app.db")
either = lambda: sqlite3.connect("app.db")
either = lambda: None


async def send(text):
    nc = await connect()  # expect: NAQ103@16 connection 'nc' from 'connect' (line -11) is never closed; use 'async with await connect() as nc'
    await nc.publish("a", text)


def rows():
    database = open_database()  # expect: NAQ103@16 connection 'database' from 'open_database' (line -11) is never closed; use 'with closing(open_database()) as database'
    return database.execute("select 1").fetchall()


async def of_its_own(url):
    begin = functools.partial(nats.connect, url)
    nc = await begin()  # expect: NAQ103
    await nc.flush()


def helper():
    return open_database()


def by_a_helper():
    database = helper()  # expect: NAQ103
    return database.execute("select 1").fetchall()


# Silent: closed, or the name may hold another function.
async def entered(text):
    async with await connect() as nc:
        await nc.publish("a", text)


def rows_and_close():
    with closing(open_database()) as database:
        return database.execute("select 1").fetchall()


def of_either():
    return either().execute("select 1").fetchall()


def of_a_parameter(connect):
    return connect().flush()


def changed(path):
    global replaced
    replaced = lambda: None
    return replaced().execute("select 1")


replaced = lambda: sqlite3.connect("app.db")


def of_a_changed_global():
    return replaced().execute("select 1")
