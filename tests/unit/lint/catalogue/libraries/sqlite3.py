"""Connections of sqlite3, whose block commits and does not close."""

import sqlite3
from contextlib import closing


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
