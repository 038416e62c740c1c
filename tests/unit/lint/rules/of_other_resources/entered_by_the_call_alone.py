"""What an `await` gives and no block can enter: only the call itself is entered."""

import asyncio

import aiosqlite
import asyncpg
import websockets


async def connected(path):
    return await aiosqlite.connect(path)


async def taken(pool: asyncpg.Pool):
    return await pool.acquire()


async def pair(path):
    database = await aiosqlite.connect(path)
    return database, path


async def in_the_call(path):
    database = await aiosqlite.connect(path)  # expect: NAQ101@22 connection 'database' is closed by hand; use 'async with aiosqlite.connect(path) as database'
    try:
        return await database.execute_fetchall("select 1")
    finally:
        await database.close()


# Silent: a `finally` is right.
async def in_a_function(path):
    database = await connected(path)
    try:
        return await database.execute_fetchall("select 1")
    finally:
        await database.close()


async def in_a_tuple(path):
    database, _ = await pair(path)
    try:
        return await database.execute_fetchall("select 1")
    finally:
        await database.close()


async def with_a_time_limit(path):
    database = await asyncio.wait_for(aiosqlite.connect(path), 3)
    try:
        return await database.execute_fetchall("select 1")
    finally:
        await database.close()


async def of_a_pool(pool):
    conn = await taken(pool)
    try:
        return await conn.fetch("select 1")
    finally:
        await pool.release(conn)


async def never(path):
    database = await connected(path)  # expect: NAQ103@22 connection 'database' from 'connected' (line -54) is never closed; call 'await database.close()' in a 'finally'
    return await database.execute_fetchall("select 1")


class Store:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def connection(self):
        return await self.pool.acquire()

    async def count(self):
        conn = await self.connection()  # expect: NAQ103@22 pooled connection 'conn' from 'connection' (line -3) is never closed; call 'await its pool.release(conn)' in a 'finally'
        return await conn.fetch("select 1")


# The object of this library can be entered, too.
async def of_another_library(url):
    socket = await asyncio.wait_for(websockets.connect(url), 3)  # expect: NAQ101@37 WebSocket 'socket' is closed by hand; use 'async with socket'
    try:
        return await socket.recv()
    finally:
        await socket.close()
