"""Objects that a class method of another module, or of this one, makes."""

from app import base
from app.base import Made


class Local(Made):
    @classmethod
    def local(cls):
        return cls()


def new(order):
    connection = Made.new().connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(Made.new().connect()) as connection' (import contextlib)
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


def by_a_name(order):
    store = Made.either()
    connection = store.connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(store.connect()) as connection' (import contextlib)
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


def by_a_module(order):
    store = base.Made.new()
    connection = store.connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(store.connect()) as connection' (import contextlib)
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


def of_this_file(order):
    store = Local.local()
    connection = store.connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(store.connect()) as connection' (import contextlib)
    connection.execute("INSERT INTO orders VALUES (?)", (order,))


# Silent from here on: the object may be of another class.
def not_made(order):
    Made.shared_one().connect().execute("INSERT INTO orders VALUES (?)", (order,))
    Made.of_a_kind("x").connect().execute("INSERT INTO orders VALUES (?)", (order,))
    Made.sometimes().connect().execute("INSERT INTO orders VALUES (?)", (order,))
    Made.of_an_object(Made).connect().execute("INSERT INTO orders VALUES (?)", (order,))
    Local.new().connect().execute("INSERT INTO orders VALUES (?)", (order,))
