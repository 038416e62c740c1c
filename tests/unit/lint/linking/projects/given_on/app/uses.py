"""Libraries that a module of the project chooses from those that are installed."""

from app.compat import asyncpg, psycopg2, sqlite3


def count(path):
    connection = sqlite3.connect(path)  # expect: NAQ103
    return connection.execute("select count(*) from shop").fetchone()


def names(url):
    connection = psycopg2.connect(url)  # expect: NAQ103
    cursor = connection.cursor()
    cursor.execute("select name from shop")
    return cursor.fetchall()


async def unknown(url):
    connection = await asyncpg.connect(url)
    return await connection.fetch("select name from shop")
