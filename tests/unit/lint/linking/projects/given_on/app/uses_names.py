"""Calls names of libraries that modules of the project give on."""

from app.again import ClientSession as Session
from app.names import AsyncClient, ClientSession, psycopg2_connect


async def ask(url):
    session = ClientSession()  # expect: NAQ103
    return await session.get(url)


async def ask_in_a_block(url):
    async with ClientSession() as session:
        return await session.get(url)


async def ask_httpx(url):
    client = AsyncClient()  # expect: NAQ103
    return await client.get(url)


async def given_on_twice(url):
    session = Session()  # expect: NAQ103
    return await session.get(url)


def count(url):
    connection = psycopg2_connect(url)  # expect: NAQ103
    return connection.cursor()
