"""The star of a module of the standard library brings nothing of the project's, and a name that is imported stays."""

from app.pairs import *
from app.base import database as tries
from math import *


def read():
    connection = make_here()  # expect: NAQ103@18 connection 'connection' from 'make_here' (app/pairs.py:12) is never closed; use 'with contextlib.closing(make_here()) as connection' (import contextlib)
    return connection.execute("SELECT 1").fetchall()


def read_private():
    connection = _private()
    return connection.execute("SELECT 1").fetchall()


def read_imported():
    connection = tries(3)
    return connection.execute("SELECT 1").fetchall()
