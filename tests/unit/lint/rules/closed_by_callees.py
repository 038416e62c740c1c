"""A function closes the resource that it gets only if nothing fails: its caller leaves it open, too, where it fails."""
import sqlite3


def _load(connection, rows):
    connection.executemany("INSERT INTO jobs VALUES (?)", rows)
    connection.close()


def _load_surely(connection, rows):
    try:
        connection.executemany("INSERT INTO jobs VALUES (?)", rows)
    finally:
        connection.close()


def _close(connection):
    connection.close()


async def _load_later(connection, rows):
    connection.executemany("INSERT INTO jobs VALUES (?)", rows)
    connection.close()


def loaded(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises: '_load' (line -22) closes it only if nothing fails; close it in a 'finally' there
    _load(connection, rows)


def by_keyword(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ102@18
    _load(rows=rows, connection=connection)


def on_some_ways(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ102@18 connection 'connection' stays open if line +2 returns; use 'with contextlib.closing(sqlite3.connect(path)) as connection' (import contextlib)
    if not rows:
        return
    _load(connection, rows)


# The function closes it whatever fails.
def _copy(connection, target):
    connection.close()
    target.execute("SELECT 1")
    target.close()


def at_first(path, target):
    connection = sqlite3.connect(path)  # expect: NAQ101@18
    _copy(connection, target)


def surely(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ101@18
    _load_surely(connection, rows)


def closed(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ101@18
    _close(connection)




# An error ends the program.
opened = sqlite3.connect("jobs.db")  # expect: NAQ101@10
_load(opened, [])


# The caller closes it where that fails.
def closed_again(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ101@18
    try:
        _load(connection, rows)
    except sqlite3.Error:
        connection.close()
        raise


def closed_in_the_end(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ101@18
    try:
        _load(connection, rows)
    finally:
        connection.close()


def closed_twice(path):
    connection = sqlite3.connect(path)  # expect: NAQ101@18
    try:
        _close(connection)
    finally:
        connection.close()  # expect: NAQ107@9


def used_behind(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ102@18
    _load(connection, rows)
    connection.execute("SELECT 1")  # expect: NAQ105@5
