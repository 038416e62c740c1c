"""Objects that a class method makes and opens: NAQ114."""

import sqlite3

import nats


class Given:
    def __init__(self, nc, name):
        self.nc = nc
        self.name = name

    @classmethod
    async def create(cls, url):
        nc = await nats.connect(url)
        return cls(nc, "orders")

    @classmethod
    async def at_once(cls, url):
        return cls(await nats.connect(url), name="orders")

    @classmethod
    async def named(cls, url):
        given = Given(await nats.connect(url), "orders")
        given.name = "others"
        return given

    async def send(self, data):
        await self.nc.publish(self.name, data)

    async def close(self):
        await self.nc.close()


async def never_closed(url):
    given = await Given.create(url)  # expect: NAQ114@19 Given 'given' opens a connection (line -21) and is never closed; call 'await given.close()' in a 'finally'
    await given.send(b"1")


async def made_at_once(url):
    given = await Given.at_once(url)  # expect: NAQ114@19 Given 'given' opens a connection (line -26) and is never closed; call 'await given.close()' in a 'finally'
    await given.send(b"1")


async def made_by_name(url):
    given = await Given.named(url)  # expect: NAQ114@19 Given 'given' opens a connection (line -31) and is never closed; call 'await given.close()' in a 'finally'
    await given.send(b"1")


async def closed_on_some_ways(url):
    given = await Given.create(url)  # expect: NAQ114@19 Given 'given' opens a connection (line -36) and stays open if line +1 raises; call 'await given.close()' in a 'finally'
    await given.send(b"1")
    await given.close()


async def closed(url):
    given = await Given.create(url)
    try:
        await given.send(b"1")
    finally:
        await given.close()


async def returned(url):
    return await Given.create(url)


async def given_from_outside(nc):
    given = Given(nc, "orders")
    await given.send(b"1")


class Opened:
    def __init__(self):
        self.link = None

    @classmethod
    async def create(cls, url):
        self = cls()
        await self.connect(url)
        return self

    @classmethod
    async def perhaps(cls, url):
        self = cls()
        if url:
            await self.connect(url)
        return self

    @classmethod
    async def closed_again(cls, url):
        self = cls()
        await self.connect(url)
        await self.stop()
        return self

    @classmethod
    async def closed_where_it_fails(cls, url):
        self = cls()
        await self.connect(url)
        try:
            await self.link.flush()
        except BaseException:
            await self.stop()
            raise
        return self

    async def connect(self, url):
        self.link = await nats.connect(url)

    async def stop(self):
        await self.link.close()


async def opened(url):
    one = await Opened.create(url)  # expect: NAQ114@17 Opened 'one' opens a connection (line -7) and is never closed; call 'await one.stop()' in a 'finally'
    await one.link.flush()


async def perhaps_opened(url):
    one = await Opened.perhaps(url)
    await one.link.flush()


async def opened_and_closed(url):
    one = await Opened.closed_again(url)
    print(one)


async def opened_and_used(url):
    one = await Opened.closed_where_it_fails(url)  # expect: NAQ114@17 Opened 'one' opens a connection (line -22) and is never closed; call 'await one.stop()' in a 'finally'
    print(one)


class Set:
    @classmethod
    def make(cls, path):
        self = cls()
        self.db = sqlite3.connect(path)
        return self

    def rows(self):
        return self.db.execute("SELECT 1").fetchall()

    def close(self):
        self.db.close()


def set_by_the_method(path):
    return Set.make(path).rows()  # expect: NAQ114@12 Set opens a connection (line -11) and is never closed; call 'set.close()' in a 'finally'


def set_and_named(path):
    one = Set.make(path)  # expect: NAQ114@11 Set 'one' opens a connection (line -15) and is never closed; call 'one.close()' in a 'finally'
    return one.rows()


def set_and_closed(path):
    one = Set.make(path)
    try:
        return one.rows()
    finally:
        one.close()


# Silent: other code gets the object, or the connection, as well.
class Shared:
    last = None

    def __init__(self, shared):
        self.shared = shared

    @classmethod
    async def create(cls, url):
        one = cls(await nats.connect(url))
        cls.last = one
        return one

    async def shutdown(self):
        await self.shared.close()


async def shared(url):
    await Shared.create(url)


class Registered:
    def __init__(self, registered):
        self.registered = registered

    @classmethod
    async def create(cls, url, registry):
        nc = await nats.connect(url)
        registry.append(nc)
        return cls(nc)

    async def disconnect(self):
        await self.registered.close()


async def registered(url, registry):
    await Registered.create(url, registry)


class Cached:
    cache = {}

    def __init__(self, cached):
        self.cached = cached

    @classmethod
    async def create(cls, url):
        if url in cls.cache:
            return cls.cache[url]
        return cls(await nats.connect(url))

    async def terminate(self):
        await self.cached.close()


async def cached(url):
    await Cached.create(url)


class Replaced:
    def __init__(self, replaced):
        self.replaced = replaced

    @classmethod
    async def create(cls, url):
        return cls(await nats.connect(url))

    def use(self, other):
        self.replaced = other

    async def dispose(self):
        await self.replaced.close()


async def replaced(url):
    await Replaced.create(url)


def retried(function):
    return function


class Decorated:
    @retried
    async def connect(self, url):
        self.decorated = await nats.connect(url)

    async def quit(self):
        await self.decorated.close()


async def decorated(url):
    one = Decorated()
    await one.connect(url)  # expect: NAQ114@11 Decorated 'one' opens a connection (line -8) and is never closed; call 'await one.quit()' in a 'finally'
    await one.decorated.flush()
