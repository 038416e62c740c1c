"""A connection that functions of other modules work with before it is returned."""
import sqlite3

from app.schema import create, create_in_steps, ring, try_to_create


def opened(path):
    connection = sqlite3.connect(path)  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    create(connection)
    return connection


def opened_in_steps(path):
    connection = sqlite3.connect(path)  # expect: NAQ102@18
    create_in_steps(connection)
    return connection


# Silent: none of these is known to fail.
def tried(path):
    connection = sqlite3.connect(path)
    try_to_create(connection)
    return connection


def in_a_ring(path):
    connection = sqlite3.connect(path)
    ring(connection)
    return connection
