# settings: {"catalogues": ["sqlalchemy:engine", "sqlalchemy:async engine"]}
"""Engines of SQLAlchemy, which a project asks for."""

import sqlalchemy
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine


def never_disposed(url):
    engine = sqlalchemy.create_engine(url)  # expect: NAQ103@14 engine 'engine' is never closed; call 'engine.dispose()' in a 'finally'
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 1"))


def never_disposed_with_a_pool(url):
    engine = sqlalchemy.create_engine(url, poolclass=pool.QueuePool)  # expect: NAQ103
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 1"))


# Silent: without a pool the engine keeps no connection open.
def without_a_pool(url):
    engine = sqlalchemy.create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 1"))


async def without_a_pool_and_disposed_of_on_some_ways(url):
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.execute(sqlalchemy.text("select 1"))
    await engine.dispose()


def connection_of_an_engine_without_a_pool(url):
    engine = sqlalchemy.create_engine(url, poolclass=pool.NullPool)
    connection = engine.connect()  # expect: NAQ103
    connection.execute(sqlalchemy.text("select 1"))
