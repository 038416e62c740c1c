# settings: {"catalogues": ["sqlite3"]}
"""Functions that call what they are given, which opens something: theirs is what that opens."""

import asyncio
import functools
import inspect
import sqlite3

import nats


async def retry(function, *arguments):
    for _ in range(3):
        try:
            return await function(*arguments)
        except OSError:
            await asyncio.sleep(1)
    raise TimeoutError


def retry_at_once(function):
    while True:
        try:
            opened = function()
            if opened:
                return opened
        except OSError:
            pass


async def by_its_name(url):
    nc = await retry(nats.connect, url)  # expect: NAQ103
    await nc.publish("a", b"")


async def by_a_lambda(url):
    nc = await retry(lambda: nats.connect(url))  # expect: NAQ103
    await nc.publish("a", b"")


async def by_a_partial(url):
    nc = await retry(functools.partial(nats.connect, url))  # expect: NAQ103
    await nc.publish("a", b"")


async def at_once(url):
    nc = await retry_at_once(lambda: nats.connect(url))  # expect: NAQ103
    await nc.publish("a", b"")


async def a_partial(url):
    nc = await functools.partial(nats.connect, url)()  # expect: NAQ103
    await nc.publish("a", b"")


def read(path):
    db = retry_at_once(lambda: sqlite3.connect(path))  # expect: NAQ102
    print(db.execute("select 1").fetchall())
    db.close()


async def in_a_thread(path):
    db = await asyncio.to_thread(sqlite3.connect, path)  # expect: NAQ103
    print(db.execute("select 1").fetchall())


async def in_an_executor(path):
    loop = asyncio.get_running_loop()
    db = await loop.run_in_executor(None, sqlite3.connect, path)  # expect: NAQ103
    print(db.execute("select 1").fetchall())


async def in_an_executor_with_a_limit(path):
    loop = asyncio.get_running_loop()
    db = await asyncio.wait_for(loop.run_in_executor(None, sqlite3.connect, path), 3)  # expect: NAQ103
    print(db.execute("select 1").fetchall())


class Reader:
    def _open(self):
        return sqlite3.connect("here.sqlite")

    async def read(self):
        db = await asyncio.to_thread(self._open)  # expect: NAQ103
        print(db.execute("select 1").fetchall())

    async def start(self):
        self.db = await asyncio.to_thread(self._open)  # expect: NAQ108

    async def ask(self):
        return await asyncio.to_thread(self.db.execute, "select 1")


async def from_a_helper(path):
    def opened():
        return sqlite3.connect(path)

    db = await asyncio.to_thread(opened)  # expect: NAQ103
    print(db.execute("select 1").fetchall())


def dropped(path):
    retry_at_once(lambda: sqlite3.connect(path))  # expect: NAQ103


async def opens_nothing(path):
    asyncio.to_thread(sqlite3.connect, path)  # expect: NAQ109


# Silent: it is opened, and not by this function's `await`.
async def opened_later(path):
    future = asyncio.get_running_loop().run_in_executor(None, sqlite3.connect, path)
    await asyncio.sleep(1)
    return future


# Not silent for another reason: it is closed by hand.
async def closed(path):
    db = await asyncio.to_thread(sqlite3.connect, path)  # expect: NAQ101
    try:
        print(db.execute("select 1").fetchall())
    finally:
        db.close()


# Silent: what is opened is closed.
async def entered(url):
    async with await retry(nats.connect, url) as nc:
        await nc.publish("a", b"")


# Silent: it is not known that the value is what the argument opens, or that it is called.
def measured(function):
    before = function()
    return before, 1


def registered(function):
    callbacks.append(function)
    return function


def cached(function):
    value = function()
    kept.append(value)
    return value


def tested(function):
    return bool(function())


async def both(function):
    value = function()
    if inspect.isawaitable(value):
        return await value
    return value


def replaced(function):
    function = bool
    return function()


def by_another(function, other):
    return other() or function()


def generated(function):
    yield function()


@functools.cache
def decorated(function):
    return function()


callbacks = []
kept = []


async def not_known(url, path):
    db = measured(lambda: sqlite3.connect(path))
    db = registered(lambda: sqlite3.connect(path))
    db = cached(lambda: sqlite3.connect(path))
    db = tested(lambda: sqlite3.connect(path))
    nc = await both(lambda: nats.connect(url))
    db = replaced(lambda: sqlite3.connect(path))
    db = by_another(lambda: sqlite3.connect(path), print)
    db = generated(lambda: sqlite3.connect(path))
    db = decorated(lambda: sqlite3.connect(path))
    print(db, nc)


# Silent: the lambda has a default that is evaluated, or opens nothing.
async def other_lambdas(path):
    db = retry_at_once(lambda: print(path))
    db = retry_at_once(lambda: (sqlite3.connect(path), 1))
    print(db)


# Silent: the name of the function is that of the parameter of a class, which keeps it.
class Later:
    def __init__(self, function):
        self.function = function


def later(path):
    return Later(lambda: sqlite3.connect(path))


def slowly(function, rate):
    if rate == 0:
        return function()
    elif rate > 0:
        return function()


async def slowly_awaited(function):
    if function:
        return await function()


def through(function):
    return slowly(function, 1)


async def through_awaited(function):
    return await slowly_awaited(function)


def through_one_of_two(function):
    if function:
        return slowly(function, 1)
    return retry_at_once(function)


def may_give_none(path):
    db = through(lambda: sqlite3.connect(path))  # expect: NAQ103@10 connection 'db' from 'sqlite3.connect' (line +0) is never closed; use 'with contextlib.closing(db)' where it is not None
    print(db.execute("select 1").fetchall())


def may_give_none_by_one_way(path):
    db = through_one_of_two(lambda: sqlite3.connect(path))  # expect: NAQ103@10 connection 'db' from 'sqlite3.connect' (line +0) is never closed; use 'with contextlib.closing(db)' where it is not None
    if db is not None:
        print(db.execute("select 1").fetchall())


async def awaited_that_may_give_none(url):
    await through_awaited(lambda: nats.connect(url))  # expect: NAQ103@11 connection from 'nats.connect' (line +0) is never closed; use 'async with nc' where it is not None


def closed_where_there_is_one(path):
    db = through(lambda: sqlite3.connect(path))  # expect: NAQ101
    if db is not None:
        db.close()
