"""Functions for a star."""

import sqlite3


def pair():
    connection = sqlite3.connect("orders.db")
    return connection, connection.cursor()


def make_here():
    return sqlite3.connect("orders.db")


def _private():
    return sqlite3.connect("orders.db")


def tries(times):
    connection = None
    while times:
        times -= 1
        try:
            connection = sqlite3.connect("orders.db")
            break
        except sqlite3.Error:
            if not times:
                raise
    return connection


def pair_of_tries():
    connection = tries(3)
    return connection, connection.cursor()


def pair_with_none():
    connection = tries(3)
    return connection, None
