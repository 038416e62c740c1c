"""What has no manager, or a block that does not close: `closing`, `aclosing`, or a `finally` that the author writes."""
import contextlib
import sqlite3

import asyncpg
from nats.aio.client import Client as NATS


def in_closing(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute("select 1").fetchall()
    return rows


def commits_and_does_not_close(path, value):
    with contextlib.closing(sqlite3.connect(path)) as db, db:  # unsafe: it is closed at the end of the block, where it was not closed before
        db.execute("insert into a values (?)", value)


async def a_finally_is_right(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch("select 1")
    finally:
        await connection.close()


async def a_finally_is_needed(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("select 1")
    finally:
        await connection.close()
    return rows


async def a_pool_gives_it(dsn):
    async with asyncpg.create_pool(dsn) as pool:
        async with pool.acquire() as connection:
            return await connection.fetch("select 1")


async def what_only_drains(loop):
    nc = NATS()
    await nc.connect("nats://localhost", loop=loop)
    try:
        await nc.publish("a", b"b")
        await nc.drain()
    finally:
        await nc.close()
