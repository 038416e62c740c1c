"""Functions and classes that stars bring."""

from app.pairs import *
from app.base import *


def make_here():
    return []


def read(url):
    connection, cursor = pair()  # expect: NAQ103@26 connection 'connection' from 'pair' (app/pairs.py:7) is never closed; use 'with contextlib.closing(connection)' (import contextlib)
    return cursor.execute("SELECT 1").fetchall()


def own():
    connection = make_here()
    connection.append(1)


class Orders(Database):
    def add(self, order):
        connection = self.connect()  # expect: NAQ103@22 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(self.connect()) as connection' (import contextlib)
        connection.execute("INSERT INTO orders VALUES (?)", (order,))


# The cursor says that there is a connection.
def read_after_tries():
    connection, cursor = pair_of_tries()  # expect: NAQ103@26 connection 'connection' from 'pair_of_tries' (app/pairs.py:33) is never closed; use 'with contextlib.closing(connection)' (import contextlib)
    return cursor.execute("SELECT 1").fetchall()


# Silent: there may be no connection.
def read_what_may_be_none():
    connection, cursor = pair_with_none()
    return connection.execute("SELECT 1").fetchall()
