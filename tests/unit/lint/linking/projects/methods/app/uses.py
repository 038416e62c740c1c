"""Objects of classes of other modules, and classes that derive from them."""

import abc

import app.base
from app import again
from app.again import Local, Store
from app.base import Database, Plain, Pooled, database
from app.missing import Unknown


class Orders(Database):
    def add(self, order):
        connection = self.connect()  # expect: NAQ103@22 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(self.connect()) as connection' (import contextlib)
        connection.execute("INSERT INTO orders VALUES (?)", (order,))

    def remove(self, order):
        with self.connect() as connection:  # expect: NAQ103@14 connection 'connection' from 'connect' (app/base.py:14) is never closed: its 'with' block commits and does not close it; use 'with contextlib.closing(self.connect()) as connection' (import contextlib)
            connection.execute("DELETE FROM orders WHERE id = ?", (order,))

    async def send(self):
        nc = await self.client()  # expect: NAQ103@20 connection 'nc' from 'client' (app/base.py:24) is never closed; use 'async with await self.client() as nc'
        await nc.publish("orders", b"1")

    def count(self):
        connection = self.shared()
        return connection.execute("SELECT count(*) FROM orders").fetchone()


class Behind(abc.ABC, Orders):
    def add_again(self, order):
        self.connect().execute("INSERT INTO orders VALUES (?)", (order,))  # expect: NAQ103@9 connection from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(self.connect()) as c' (import contextlib)


class ByItsModule(app.base.Plain):
    def add(self, order):
        connection = self.connect()  # expect: NAQ103@22 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(self.connect()) as connection' (import contextlib)
        connection.execute("INSERT INTO orders VALUES (?)", (order,))


class ByAnotherName(Store):
    def add(self, order):
        connection = self.connect()  # expect: NAQ103@22 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(self.connect()) as connection' (import contextlib)
        connection.execute("INSERT INTO orders VALUES (?)", (order,))


class OfAClassInBetween(again.Local):
    def add(self, order):
        connection = self.connect()  # expect: NAQ103@22 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(self.connect()) as connection' (import contextlib)
        connection.execute("INSERT INTO orders VALUES (?)", (order,))


class Closes(Database):
    def add(self, order):
        connection = self.connect()  # expect: NAQ101@22 connection 'connection' from 'connect' (app/base.py:14) is closed by hand; use 'with contextlib.closing(self.connect()) as connection' (import contextlib)
        try:
            connection.execute("INSERT INTO orders VALUES (?)", (order,))
        finally:
            connection.close()


# Silent: another class comes first, of which nothing is known.
class BehindAnUnknown(Unknown, Database):
    def add(self, order):
        connection = self.connect()
        connection.execute("INSERT INTO orders VALUES (?)", (order,))


# Silent: a class of the file has another method by that name.
class Replaces(Database):
    def replaced(self):
        return self.shared()

    def add(self, order):
        connection = self.replaced()
        connection.execute("INSERT INTO orders VALUES (?)", (order,))


class Derived(Replaces):
    """Has the other method, too."""


class Between(Database):
    def add(self, order):
        connection = self.client_of(order)
        connection.execute("INSERT INTO orders VALUES (?)", (order,))


class Below(Between):
    def client_of(self, order):
        return self.shared()


class Derives(Pooled):
    def add(self, order):
        connection = self.replaced()
        connection.execute("INSERT INTO orders VALUES (?)", (order,))


def made_here(order):
    store = Plain()
    connection = store.connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(store.connect()) as connection' (import contextlib)
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


def made_at_once(order):
    connection = Local().connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(Local().connect()) as connection' (import contextlib)
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


def annotated(store: Database, order):
    connection = store.connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(store.connect()) as connection' (import contextlib)
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


def of_a_class_of_the_file(order):
    connection = Orders().connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(Orders().connect()) as connection' (import contextlib)
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


# Silent: it is not known of which class the object is.
def of_any(store, order):
    connection = store.connect()
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


def by_a_function(order):
    store = database("orders.db")
    connection = store.connect()
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


def one_of_two(other, order):
    store = Plain()
    if order:
        store = other
    connection = store.connect()
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


class Service:
    def __init__(self, other: Database, any):
        self.orders = Orders()
        self.other = other
        self.any = any

    def add(self, order):
        connection = self.orders.connect()  # expect: NAQ103@22 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(self.orders.connect()) as connection' (import contextlib)
        connection.execute("INSERT INTO orders VALUES (?)", (order,))

    def add_other(self, order):
        connection = self.other.connect()  # expect: NAQ103@22 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(self.other.connect()) as connection' (import contextlib)
        connection.execute("INSERT INTO orders VALUES (?)", (order,))

    def add_any(self, order):
        connection = self.any.connect()
        connection.execute("INSERT INTO orders VALUES (?)", (order,))

    async def send(self):
        nc = await self.orders.client()  # expect: NAQ103@20 connection 'nc' from 'client' (app/base.py:24) is never closed; use 'async with await self.orders.client() as nc'
        await nc.publish("orders", b"1")
