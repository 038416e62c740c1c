"""A library is imported from a module of the project."""

from app.compat import httpx, psycopg2, pymysql, requests, sqlite3
from app.compat import redis as cache


def of_a_library():
    connection = sqlite3.connect("x")  # expect: NAQ103@18 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("x")) as connection' (import contextlib)
    connection.execute("select 1")


async def by_another_name():
    client = cache.asyncio.Redis()  # expect: NAQ103@14 async client 'client' is never closed; use 'async with cache.asyncio.Redis() as client'
    await client.get("x")


def by_the_name_of_another():
    channel = psycopg2.BlockingConnection()
    channel.add_timeout(1, print)
    psycopg2.connect("x").cursor()


def of_the_module():
    connection = pymysql.connect("x")
    connection.cursor()


def that_may_be_missing():
    session = requests.Session()  # expect: NAQ103@15 session 'session' is never closed; use 'with requests.Session() as session'
    session.get("x")


def that_something_else_replaces():
    client = httpx.Client()
    client.get("x")
