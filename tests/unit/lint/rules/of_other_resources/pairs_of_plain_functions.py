"""A plain function that returns the resource in a tuple, or None: its caller has to close it, by the resource's own way."""

import asyncio
import contextlib
import sqlite3

import asyncpg


def database_and_path(path):
    database = sqlite3.connect(path)
    return database, path


def database_if_there_is_one(path):
    if not path:
        return None
    database = sqlite3.connect(path)
    return database


async def connection_and_number(url):
    connection = await asyncpg.connect(url)
    return connection, 1


def never_closed(path):
    database, _ = database_and_path(path)  # expect: NAQ103@19 connection 'database' from 'database_and_path' (line -17) is never closed; use 'with contextlib.closing(database)'
    database.execute("select 1")


def closed(path):
    database, _ = database_and_path(path)  # expect: NAQ101@19 connection 'database' from 'database_and_path' (line -22) is closed by hand; use 'with contextlib.closing(database)'
    try:
        database.execute("select 1")
    finally:
        database.close()


def managed(path):
    database, _ = database_and_path(path)
    with contextlib.closing(database):
        database.execute("select 1")


def handed_on(path):
    database, _ = database_and_path(path)
    return database


def perhaps_never_closed(path):
    database = database_if_there_is_one(path)  # expect: NAQ103@16 connection 'database' from 'database_if_there_is_one' (line -34) is never closed; use 'with contextlib.closing(database)' where it is not None
    if database:
        database.execute("select 1")


async def without_a_manager(url):
    connection, _ = await connection_and_number(url)  # expect: NAQ103@27 connection 'connection' from 'connection_and_number' (line -35) is never closed; call 'await connection.close()' in a 'finally'
    await connection.execute("select 1")


async def thrown_away(path):
    await asyncio.open_unix_connection(path)  # expect: NAQ103@11 stream is never closed; give it a name, and call 'stream.close()' in a 'finally'
