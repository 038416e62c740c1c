"""What a block enters without closing it: by a stack, and as an attribute."""

import contextlib
import sqlite3

import httpx
import psycopg2


def by_a_stack(path):
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(sqlite3.connect(path))  # expect: NAQ103@40 connection 'database' is never closed: its 'with' block commits and does not close it; use 'with contextlib.closing(sqlite3.connect(path)) as database'
        database.execute("select 1")


def by_a_stack_and_a_name(path, stack):
    database = sqlite3.connect(path)  # expect: NAQ103
    stack.enter_context(database)
    database.execute("select 1")


def closed_behind_the_stack(path):
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(sqlite3.connect(path))  # expect: NAQ102
        database.execute("select 1")
    database.close()


# Silent: the stack closes it.
def closed_by_the_stack(path, url):
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(contextlib.closing(sqlite3.connect(path)))
        client = stack.enter_context(httpx.Client())
        client.post(url, data=database.execute("select 1").fetchone())


def called_back(path, stack):
    database = sqlite3.connect(path)
    stack.callback(database.close)
    database.execute("select 1")


class Report:
    def write(self):
        with psycopg2.connect(self.dsn) as self.conn:  # expect: NAQ108@14 connection 'self.conn' is closed by no method of class 'Report'; add one that calls 'self.conn.close()', or use a context manager
            self.conn.cursor().execute("select 1")


# Silent: another method closes it, or the block does.
class Closed:
    def write(self):
        with psycopg2.connect(self.dsn) as self.database:
            self.database.cursor().execute("select 1")

    def close(self):
        self.database.close()


class Managed:
    def ask(self, url):
        with httpx.Client() as self.client:
            return self.client.get(url)
