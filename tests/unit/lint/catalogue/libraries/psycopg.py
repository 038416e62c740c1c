"""Connections and pools of psycopg 3, whose block closes."""

import psycopg
import psycopg.types
import psycopg_pool
from pgvector.psycopg import register_vector
from psycopg.types.hstore import register_hstore


def never_closed(dsn):
    connection = psycopg.connect(dsn)  # expect: NAQ103@18 connection 'connection' is never closed; use 'with psycopg.connect(dsn) as connection' (its block commits, or rolls back after an error)
    return connection.execute("select 1").fetchone()


def in_a_block(dsn):
    with psycopg.connect(dsn) as connection:
        return connection.execute("select 1").fetchone()


def rows_are_read_after_the_block(dsn):
    with psycopg.connect(dsn) as connection:
        cursor = connection.cursor()
        cursor.execute("select 1")
    return cursor.fetchall()


def another_command_after_the_block(dsn):
    with psycopg.connect(dsn) as connection:
        cursor = connection.cursor()
    cursor.execute("select 1")  # expect: NAQ105


async def rows_are_awaited_after_the_block(dsn):
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        cursor = connection.cursor()
        await cursor.execute("select 1")
    return await cursor.fetchone()


async def stays_open_on_an_error(dsn):
    connection = await psycopg.AsyncConnection.connect(dsn)  # expect: NAQ102@24 connection 'connection' stays open if line +1 raises; use 'async with await psycopg.AsyncConnection.connect(dsn) as connection' (its block commits, or rolls back after an error)
    await connection.execute("select 1")
    await connection.close()


async def async_block(dsn):
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.execute("select 1")


async def pool_that_is_not_open_yet(dsn):
    pool = psycopg_pool.AsyncConnectionPool(dsn, open=False)
    return pool


async def pool_that_is_never_closed(dsn):
    pool = psycopg_pool.AsyncConnectionPool(dsn)
    await pool.open()  # expect: NAQ103@11 pool 'pool' is never closed; use 'async with psycopg_pool.AsyncConnectionPool(dsn) as pool'
    async with pool.connection() as connection:
        await connection.execute("select 1")


def never_given_back(pool: psycopg_pool.ConnectionPool):
    connection = pool.getconn()  # expect: NAQ103@18 pooled connection 'connection' is never closed; call 'pool.putconn(connection)' in a 'finally'
    connection.execute("select 1")


def given_back(pool: psycopg_pool.ConnectionPool):
    connection = pool.getconn()
    try:
        connection.execute("select 1")
    finally:
        pool.putconn(connection)


def not_open_before_open(dsn):
    pool = psycopg_pool.ConnectionPool(dsn, open=False)
    print(pool)


def open_at_once(dsn):
    pool = psycopg_pool.ConnectionPool(dsn)  # expect: NAQ103@12 pool 'pool' is never closed; use 'with psycopg_pool.ConnectionPool(dsn) as pool'
    print(pool)


def with_types_that_are_registered(dsn):
    connection = psycopg.connect(dsn)  # expect: NAQ103
    info = psycopg.types.TypeInfo.fetch(connection, "point")
    register_hstore(psycopg.types.TypeInfo.fetch(connection, "hstore"), connection)
    register_vector(connection)
    return info
