"""Connections that a nested function puts into a name of the outer function: NAQ103."""

import sqlite3

import nats


async def never_closed(url):
    nc = None

    async def setup():
        nonlocal nc
        nc = await nats.connect(url)  # expect: NAQ103@20 connection 'nc' is opened by a nested function and never closed; close it where its name is made

    async def send():
        if nc is not None:
            await nc.publish("orders", b"1")

    await setup()
    await send()
    await work(nc)


async def closed(url):
    nc = None

    async def setup():
        nonlocal nc
        nc = await nats.connect(url)

    await setup()
    await nc.close()


async def closed_by_another(url):
    nc = None

    async def setup():
        nonlocal nc
        nc = await nats.connect(url)

    async def shut():
        await nc.drain()

    await setup()
    await shut()


async def returned(url):
    nc = None

    async def setup():
        nonlocal nc
        nc = await nats.connect(url)

    await setup()
    return nc


async def passed(url, register):
    nc = None

    async def setup():
        nonlocal nc
        nc = await nats.connect(url)

    await setup()
    register(nc)


async def given_from_outside(url, nc):
    async def setup():
        nonlocal nc
        nc = await nats.connect(url)

    await setup()


async def set_to_another(url, other):
    nc = None

    async def setup():
        nonlocal nc
        nc = await nats.connect(url)

    await setup()
    nc = other


async def also_kept(url, kept):
    nc = None

    async def setup():
        nonlocal nc
        nc = await nats.connect(url)
        kept.append(nc)

    await setup()


async def work(nc):
    await nc.flush()


# Silent: other modules may close what a global of this one holds.
async def of_the_module():
    global shared
    shared = await nats.connect("u")


def given_or_made(path, given=None):
    def rows():
        nonlocal given
        if not given:
            given = sqlite3.connect(path)  # expect: NAQ103@21 connection 'given' is opened by a nested function and never closed; close it where its name is made
        return given.execute("SELECT 1").fetchall()

    return rows()


def given_or_made_and_called_by_name(path, method, given=None):
    def rows():
        nonlocal given
        if given is None:
            given = sqlite3.connect(path)  # expect: NAQ103@21 connection 'given' is opened by a nested function and never closed; close it where its name is made
        return getattr(given, method)("SELECT 1").fetchall()

    return rows()


# Silent: the name may have what a caller gives, or the method may close it.
def made_again(path, given):
    def rows():
        nonlocal given
        if given.in_transaction:
            given = sqlite3.connect(path)
        return given.execute("SELECT 1").fetchall()

    return rows()


def made_in_any_case(path, given=None):
    def rows():
        nonlocal given
        given = sqlite3.connect(path)
        return given.execute("SELECT 1").fetchall()

    return rows()


def method_by_name(path, method, given=None):
    def rows():
        nonlocal given
        if not given:
            given = sqlite3.connect(path)
        return getattr(given, method)()

    return rows()
