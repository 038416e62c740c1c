"""Connections of sqlite3, whose block commits and does not close."""

import sqlite3
from contextlib import closing

import geopandas
import pandas
import polars
import sqlite_vec


def the_block_does_not_close(path):
    with sqlite3.connect(path) as connection:  # expect: NAQ103@10 connection 'connection' is never closed: its 'with' block commits and does not close it; use 'with closing(sqlite3.connect(path)) as connection'
        connection.execute("select 1")


def in_closing(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select 1").fetchone()


def stays_open_on_an_error(path):
    connection = sqlite3.connect(path)  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises; use 'with closing(sqlite3.connect(path)) as connection'
    connection.execute("select 1")
    connection.commit()
    connection.close()


def never_closed(path):
    connection = sqlite3.connect(path)  # expect: NAQ103@18 connection 'connection' is never closed; use 'with closing(sqlite3.connect(path)) as connection'
    cursor = connection.cursor()
    cursor.execute("select 1")
    return cursor.fetchall()


class Store:
    def __init__(self, path):
        self.connection = sqlite3.connect(path)

    def close(self):
        self.connection.close()


# Making a cursor cannot fail.
def makes_a_cursor_first(path):
    connection = sqlite3.connect(path)  # expect: NAQ101@18 connection 'connection' is closed by hand; use 'with closing(sqlite3.connect(path)) as connection'
    cursor = connection.cursor()
    try:
        return cursor.execute("select 1").fetchall()
    finally:
        connection.close()


# The block of an attribute commits, too.
class Counts:
    def __init__(self, path):
        self._connection = sqlite3.connect(path)  # expect: NAQ108@28 connection 'self._connection' is closed by no method of class 'Counts'; add one that calls 'self._connection.close()', or use a context manager

    def add(self, name):
        with self._connection:
            self._connection.execute("insert into counts values (?)", (name,))

    def clear(self):
        with self._connection as connection:
            connection.execute("delete from counts")

    def all(self):
        connection = self._connection
        with connection:
            return connection.execute("select name from counts").fetchall()


class ClosedInItsBlock:
    def __init__(self, path):
        self._connection = sqlite3.connect(path)

    def finish(self):
        with self._connection as connection:
            connection.close()


class WrittenByPandas:
    def __init__(self, path):
        self._connection = sqlite3.connect(path)  # expect: NAQ108

    def all(self):
        return pandas.read_sql_query("select name from counts", self._connection)


def read_by_pandas(path, frame):
    connection = sqlite3.connect(path)  # expect: NAQ103@18 connection 'connection' is never closed; use 'with closing(sqlite3.connect(path)) as connection'
    frame.to_sql("counts", connection)
    return pandas.read_sql("select 1", con=connection)


def with_an_extension(path):
    with sqlite3.connect(path) as connection:  # expect: NAQ103
        sqlite_vec.load(connection)
        connection.execute("select vec_version()")


def made_by_the_class(path):
    with sqlite3.Connection(path) as connection:  # expect: NAQ103@10 connection 'connection' is never closed: its 'with' block commits and does not close it; use 'with closing(sqlite3.Connection(path)) as connection'
        connection.execute("select 1")


# `execute` of a cursor gives the cursor.
def hands_the_cursor_on(path):
    connection = sqlite3.connect(path)  # expect: NAQ103@18 connection 'connection' is never closed; return it, too, and call 'connection.close()' when done, as line +2 returns what needs it
    cursor = connection.cursor()
    return cursor.execute("select 1")


def copied(path, target):
    source = sqlite3.connect(path)  # expect: NAQ103
    copy = sqlite3.connect(target)  # expect: NAQ103
    source.backup(copy)


def read_by_others(path):
    connection = sqlite3.connect(path)  # expect: NAQ103
    return geopandas.read_postgis("select 1", connection), polars.read_database("select 1", connection)
