"""An attribute gets what a block closes: it is there for the block where some way of the block waits after that."""

import contextlib
import sqlite3

import httpx
import psycopg


# Silent: the block waits, in a loop, a comprehension, a branch or an expression.
class Crawler:
    async def in_a_comprehension(self, urls):
        async with httpx.AsyncClient() as self.client:
            return [await self.get(url) for url in urls]

    async def in_a_generator(self, urls):
        async with httpx.AsyncClient() as client:
            self.client = client
            print([url async for url in urls])

    async def in_a_loop(self, urls):
        async with httpx.AsyncClient() as self.client:
            while urls:
                await self.client.get(urls.pop())

    async def in_a_match(self, urls):
        async with httpx.AsyncClient() as self.client:
            match urls:
                case []:
                    return None
                case [url, *_]:
                    return await self.get(url)

    async def in_an_expression(self, url):
        async with httpx.AsyncClient() as self.client:
            return url and await self.get(url)

    async def by_its_own_method(self, url):
        async with httpx.AsyncClient() as client:
            self.client = client
            await client.get(url)


# Silent: in synchronous code every call may use it.
class Reader:
    def in_a_loop(self, urls):
        with httpx.Client() as self.client:
            for url in urls:
                self.get(url)

    def in_a_comprehension(self, urls):
        with httpx.Client() as client:
            self.client = client
            return [self.get(url) for url in urls]

    def in_a_branch(self, url):
        with httpx.Client() as self.client:
            if url:
                self.get(url)


class Keeper:
    def as_the_last_act(self, url):
        with httpx.Client() as client:
            client.get(url)
            self.client = client  # expect: NAQ106

    def by_the_block_itself(self):
        with httpx.Client() as self.client:  # expect: NAQ106
            pass

    async def while_nothing_waits(self, urls):
        async with httpx.AsyncClient() as client:
            self.client = client  # expect: NAQ106
            for url in urls:
                self.note(url)


# Silent: closed when it is stored, so no method has to close it.
class Last:
    async def ask(self, url):
        async with httpx.AsyncClient() as client:
            await client.get(url)
        self.client = client


def cursor_returned_after_the_block(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        cursor = database.execute("select 1")
    return cursor  # expect: NAQ106


# Silent: a cursor of psycopg has its rows by then.
def cursor_with_its_rows(dsn):
    with psycopg.connect(dsn) as conn:
        cursor = conn.cursor()
        cursor.execute("select 1")
    return cursor
