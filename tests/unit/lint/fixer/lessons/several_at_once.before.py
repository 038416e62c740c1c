"""One or two blocks are nested; three or more become one block of an exit stack."""
import sqlite3

import aiohttp
import pymysql


async def two(a, b):
    source = aiohttp.ClientSession(a)
    target = aiohttp.ClientSession(b)
    await source.get("/")
    await target.get("/")
    await target.close()
    await source.close()


async def three(a, b, c):
    source = aiohttp.ClientSession(a)
    target = aiohttp.ClientSession(b)
    log = aiohttp.ClientSession(c)
    try:
        await copy(source, target, log)
    finally:
        await log.close()
        await target.close()
        await source.close()


async def one_is_not_awaited(url, path, text):
    # where it comes from
    source = aiohttp.ClientSession(url)  # held until the end
    # where it goes
    target = aiohttp.ClientSession(
        url,
        timeout=3,
    )
    rows = sqlite3.connect(path)
    try:
        await target.post("/", data="""
    kept as it is
""")
        if text:
            return await source.get(rows.execute(text))
        # the last comment
    finally:
        rows.close()
        await target.close()
        await source.close()


def closed_in_the_order_of_their_opening(a, b, c):
    one = pymysql.connect(a)  # unsafe: the connection of line N would be closed before this one
    two = pymysql.connect(b)  # unsafe: the connection of line N is closed inside of the new block
    three = pymysql.connect(c)  # unsafe: the connection of line N is closed inside of the new block
    one.query("a")
    two.query("b")
    three.query("c")
    one.close()
    two.close()
    three.close()


def two_closed_in_the_order_of_their_opening(a, b):
    one = pymysql.connect(a)  # unsafe: the connection of line N would be closed before this one
    two = pymysql.connect(b)  # unsafe: the connection of line N is closed inside of the new block
    one.query("a")
    two.query("b")
    one.close()
    two.close()


def files_closed_in_the_order_of_their_opening(a, b, c):
    one = sqlite3.connect(a)
    two = sqlite3.connect(b)
    three = sqlite3.connect(c)
    one.execute("a")
    two.execute("b")
    three.execute("c")
    two.close()
    one.close()
    three.close()


def a_file_that_is_opened_twice(a):
    one = sqlite3.connect(a)  # unsafe: the connection of line N would be closed before this one
    two = sqlite3.connect(a)  # unsafe: the connection of line N is closed inside of the new block
    one.execute("a")
    two.execute("b")
    one.close()
    two.close()


def opened_behind_the_close(a, b):
    one = sqlite3.connect(a)  # unsafe: the connection of line N would be closed before this one
    one.execute("a")
    one.close()
    sqlite3.connect(b).close()


def closed_before_a_connection(a, b):
    one = sqlite3.connect(a)  # unsafe: the connection of line N would be closed before this one
    two = pymysql.connect(b)  # unsafe: the connection of line N is closed inside of the new block
    one.execute("a")
    two.query("b")
    one.close()
    two.close()


def closed_behind_a_connection(a, b):
    one = pymysql.connect(a)  # unsafe: the connection of line N would be closed before this one
    two = sqlite3.connect(b)  # unsafe: the connection of line N is closed inside of the new block
    one.query("a")
    two.execute("b")
    one.close()
    two.close()


def around_the_close_of_what_gets_no_block(a, b, register):
    one = pymysql.connect(a)
    register.one = one
    two = sqlite3.connect(b)
    two.execute("b")
    one.close()
    two.close()


def the_name_is_taken(a, b, c, stack):
    one = sqlite3.connect(a)
    two = sqlite3.connect(b)
    three = sqlite3.connect(c)
    stack.append(one.execute("a"))
    stack.append(two.execute("b"))
    stack.append(three.execute("c"))
    three.close()
    two.close()
    one.close()


async def written_by_its_author(a, b, c):
    async with aiohttp.ClientSession(a, timeout=3) as one:
        async with aiohttp.ClientSession(b) as two:
            three = aiohttp.ClientSession(c)
            await copy(one, two, three)
            await three.close()


async def work_in_between(a, b, c):
    one = aiohttp.ClientSession(a)
    await one.get("/")
    two = aiohttp.ClientSession(b)
    await two.get("/")
    three = aiohttp.ClientSession(c)
    await three.get("/")
    await three.close()
    await two.close()
    await one.close()
