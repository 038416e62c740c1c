"""Methods of other modules that get a connection: of a base of the class, or of an object."""

import asyncio
import sqlite3

from app.base import Base
from app.lower import Lower
from app.other import Other
from elsewhere import Unknown


class User(Base):
    def inherited(self):
        connection = sqlite3.connect("db")  # expect: NAQ103@22 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
        self.read(connection)

    def through_two_modules(self):
        connection = sqlite3.connect("db")  # expect: NAQ103@22 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
        self.both(connection)

    def kept(self):
        connection = sqlite3.connect("db")
        self.keep(connection)

    def closed(self):
        connection = sqlite3.connect("db")  # expect: NAQ101@22 connection 'connection' is closed by hand; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
        self.close(connection)

    def written_elsewhere_again(self):
        connection = sqlite3.connect("db")
        self.written_elsewhere(connection)

    def static_method(self):
        connection = sqlite3.connect("db")  # expect: NAQ103@22 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
        self.static(connection, "SELECT 1")

    def class_method(self):
        connection = sqlite3.connect("db")  # expect: NAQ103@22 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
        self.of_class(connection)

    def by_a_lambda(self):
        self.run(lambda: sqlite3.connect("db"))  # expect: NAQ103@9 connection from 'sqlite3.connect' (line +0) is never closed; use 'with contextlib.closing(self.run(lambda: sqlite3.connect("db"))) as c' (import contextlib)

    async def awaited(self):
        connection = sqlite3.connect("db")  # expect: NAQ103@22 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
        await self.later(connection)

    async def lent_to_a_task(self, tasks):
        connection = sqlite3.connect("db")  # expect: NAQ103@22 connection 'connection' is never closed: the task of line +1 only uses it; close it where that ends
        tasks.append(asyncio.create_task(self.later(connection)))

    def name_of_another_class_of_the_file(self, connection):
        connection = sqlite3.connect("db")
        self.replaced(connection)

    def no_method(self):
        connection = sqlite3.connect("db")
        self.taken(connection)


class Overriding(Base):
    def replaced(self, connection):
        return connection


class Behind(Unknown, Base):
    def of_an_unknown_base(self):
        connection = sqlite3.connect("db")
        self.read(connection)


class Holder:
    def __init__(self, given):
        self.base = Base()
        self.given = given

    def attribute(self):
        connection = sqlite3.connect("db")  # expect: NAQ103@22 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
        self.base.read(connection)

    def attribute_of_no_known_class(self):
        connection = sqlite3.connect("db")
        self.given.read(connection)


def parameter(base: Base):
    connection = sqlite3.connect("db")  # expect: NAQ103@18 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
    base.read(connection)


def new_object():
    connection = sqlite3.connect("db")  # expect: NAQ103@18 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect("db")) as connection' (import contextlib)
    base = Lower()
    base.read(connection)


def name_that_is_no_method():
    connection = sqlite3.connect("db")
    other = Other()
    other.read(connection)


def either(good):
    connection = sqlite3.connect("db")
    base = Base() if good else Unknown()
    base.read(connection)
