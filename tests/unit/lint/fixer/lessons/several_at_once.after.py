"""One or two blocks are nested; three or more become one block of an exit stack."""
import contextlib
import sqlite3

import aiohttp
import pymysql


async def two(a, b):
    async with aiohttp.ClientSession(a) as source:
        async with aiohttp.ClientSession(b) as target:
            await source.get("/")
            await target.get("/")


async def three(a, b, c):
    async with contextlib.AsyncExitStack() as stack:
        source = await stack.enter_async_context(aiohttp.ClientSession(a))
        target = await stack.enter_async_context(aiohttp.ClientSession(b))
        log = await stack.enter_async_context(aiohttp.ClientSession(c))
        await copy(source, target, log)


async def one_is_not_awaited(url, path, text):
    # where it comes from
    async with contextlib.AsyncExitStack() as stack:
        source = await stack.enter_async_context(aiohttp.ClientSession(url))  # held until the end
        # where it goes
        target = await stack.enter_async_context(aiohttp.ClientSession(
            url,
            timeout=3,
        ))
        rows = stack.enter_context(contextlib.closing(sqlite3.connect(path)))
        await target.post("/", data="""
    kept as it is
""")
        if text:
            return await source.get(rows.execute(text))
        # the last comment


def closed_in_the_order_of_their_opening(a, b, c):
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(pymysql.connect(a))  # unsafe: the connection of line N would be closed before this one
        two = stack.enter_context(pymysql.connect(b))  # unsafe: the connection of line N is closed inside of the new block
        three = stack.enter_context(pymysql.connect(c))  # unsafe: the connection of line N is closed inside of the new block
        one.query("a")
        two.query("b")
        three.query("c")


def two_closed_in_the_order_of_their_opening(a, b):
    with pymysql.connect(a) as one:  # unsafe: the connection of line N would be closed before this one
        with pymysql.connect(b) as two:  # unsafe: the connection of line N is closed inside of the new block
            one.query("a")
            two.query("b")


def files_closed_in_the_order_of_their_opening(a, b, c):
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(contextlib.closing(sqlite3.connect(a)))
        two = stack.enter_context(contextlib.closing(sqlite3.connect(b)))
        three = stack.enter_context(contextlib.closing(sqlite3.connect(c)))
        one.execute("a")
        two.execute("b")
        three.execute("c")


def a_file_that_is_opened_twice(a):
    with contextlib.closing(sqlite3.connect(a)) as one:  # unsafe: the connection of line N would be closed before this one
        with contextlib.closing(sqlite3.connect(a)) as two:  # unsafe: the connection of line N is closed inside of the new block
            one.execute("a")
            two.execute("b")


def opened_behind_the_close(a, b):
    with contextlib.closing(sqlite3.connect(a)) as one:  # unsafe: the connection of line N would be closed before this one
        one.execute("a")
        sqlite3.connect(b).close()


def closed_before_a_connection(a, b):
    with contextlib.closing(sqlite3.connect(a)) as one:  # unsafe: the connection of line N would be closed before this one
        with pymysql.connect(b) as two:  # unsafe: the connection of line N is closed inside of the new block
            one.execute("a")
            two.query("b")


def closed_behind_a_connection(a, b):
    with pymysql.connect(a) as one:  # unsafe: the connection of line N would be closed before this one
        with contextlib.closing(sqlite3.connect(b)) as two:  # unsafe: the connection of line N is closed inside of the new block
            one.query("a")
            two.execute("b")


def around_the_close_of_what_gets_no_block(a, b, register):
    one = pymysql.connect(a)
    register.one = one
    with contextlib.closing(sqlite3.connect(b)) as two:
        two.execute("b")
        one.close()


def the_name_is_taken(a, b, c, stack):
    with contextlib.ExitStack() as exit_stack:
        one = exit_stack.enter_context(contextlib.closing(sqlite3.connect(a)))
        two = exit_stack.enter_context(contextlib.closing(sqlite3.connect(b)))
        three = exit_stack.enter_context(contextlib.closing(sqlite3.connect(c)))
        stack.append(one.execute("a"))
        stack.append(two.execute("b"))
        stack.append(three.execute("c"))


async def written_by_its_author(a, b, c):
    async with aiohttp.ClientSession(a, timeout=3) as one:
        async with aiohttp.ClientSession(b) as two:
            async with aiohttp.ClientSession(c) as three:
                await copy(one, two, three)


async def work_in_between(a, b, c):
    async with aiohttp.ClientSession(a) as one:
        await one.get("/")
        async with aiohttp.ClientSession(b) as two:
            await two.get("/")
            async with aiohttp.ClientSession(c) as three:
                await three.get("/")
