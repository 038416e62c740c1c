"""Objects that open a connection, and whose methods return the object itself."""

import sqlite3

import nats


class Watch:
    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.names = ()

    def over(self, *names):
        self.names = names
        return self

    def over_all(self):
        if not self.names:
            return self
        self.names = ()
        return self.over()

    def narrowed(self, name):
        if name in self.names:
            self.names = (name,)
            return self

    def or_another(self, other):
        if other:
            return other
        return self

    async def over_slowly(self):
        return self

    def over_each(self):
        yield self.names
        return self

    @staticmethod
    def of(self):
        return self

    def copied(self):
        return Watch(self.names)

    def found(self):
        return self.db.execute("select 1").fetchall()

    def close(self):
        self.db.close()
        return self

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.close()


# Silent: the block closes what the method returns, which is the object itself.
def in_a_block(path):
    with Watch(path).over("a") as watch:
        return watch.found()


def closed_in_the_end(path):
    watch = Watch(path).over("a").over("b")
    try:
        return watch.found()
    finally:
        watch.close()


def never_closed(path):
    watch = Watch(path).over("a")  # expect: NAQ114
    return watch.found()


def never_closed_without_a_name(path):
    return Watch(path).over("a").found()  # expect: NAQ114


def returned(path):
    return Watch(path).over("a")


# Silent: whether the method returns the object is not certain.
def perhaps_no_object(path):
    with Watch(path).narrowed("a") as watch:
        return watch.found()


def perhaps_no_object_that_is_asked(path):
    return Watch(path).narrowed("a").found()


def perhaps_another_object(path):
    return Watch(path).or_another("a").found()


def in_a_block_that_does_not_ask(path):
    with Watch(path).over_all() as watch:
        return watch.found()


async def perhaps_the_object_that_is_awaited(path):
    with await Watch(path).over_slowly() as watch:
        return watch.found()


def perhaps_the_object_of_a_generator(path):
    return list(Watch(path).over_each())


def perhaps_the_object_of_a_decorated_method(path):
    return Watch(path).of("a").found()


def another_object(path):
    with Watch(path).copied() as watch:  # expect: NAQ114
        return watch.found()


class Bus:
    async def connect(self, url):
        self.nc = await nats.connect(url)
        return self

    async def publish(self, data):
        await self.nc.publish("orders", data)

    async def close(self):
        await self.nc.close()


async def opened_and_closed(url):
    bus = await Bus().connect(url)
    try:
        await bus.publish(b"1")
    finally:
        await bus.close()


async def opened_and_returned(url):
    return await Bus().connect(url)


async def opened_and_never_closed(url):
    bus = await Bus().connect(url)  # expect: NAQ114
    await bus.publish(b"1")


async def opened_by_name_and_never_closed(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114
    await bus.publish(b"1")


class PerhapsBus:
    def connect(self, path):
        if path:
            self.db = sqlite3.connect(path)
            return self

    def close(self):
        self.db.close()


def perhaps_opened_and_closed(path):
    bus = PerhapsBus().connect(path)
    if bus:
        bus.close()
