"""Connections of psycopg2, whose block commits and does not close."""

import contextlib

import pandas.io.sql as sqlio
import psycopg2
import psycopg2.extensions
import psycopg2.extras
from pgvector.psycopg2 import register_vector


def the_block_does_not_close(dsn):
    with psycopg2.connect(dsn) as connection:  # expect: NAQ103@10 connection 'connection' is never closed: its 'with' block commits and does not close it; use 'with contextlib.closing(psycopg2.connect(dsn)) as connection'
        connection.cursor().execute("select 1")


def closed_afterwards(dsn):
    connection = psycopg2.connect(dsn)  # expect: NAQ101@18 connection 'connection' is closed by hand: its 'with' block commits and does not close it; use 'with contextlib.closing(psycopg2.connect(dsn)) as connection'
    try:
        with connection:
            connection.cursor().execute("select 1")
    finally:
        connection.close()


def closing(dsn):
    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection:
        connection.cursor().execute("select 1")


def stays_open_on_an_error(dsn):
    connection = psycopg2.connect(dsn)  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises; use 'with contextlib.closing(psycopg2.connect(dsn)) as connection'
    connection.cursor().execute("select 1")
    connection.close()


def pooled(pool: psycopg2.pool.ThreadedConnectionPool):
    connection = pool.getconn()  # expect: NAQ102@18 pooled connection 'connection' stays open if line +1 raises; call 'pool.putconn(connection)' in a 'finally'
    connection.cursor().execute("select 1")
    pool.putconn(connection)


def with_types_that_are_registered(dsn):
    connection = psycopg2.connect(dsn)  # expect: NAQ103
    psycopg2.extras.register_hstore(connection)
    psycopg2.extensions.register_type(psycopg2.extensions.UNICODE, connection)
    register_vector(connection)
    return sqlio.read_sql_query("select 1", connection)


# No close of a cursor fails, so that the connection is closed in any case.
def cursor_closed_first(dsn):
    connection = psycopg2.connect(dsn)  # expect: NAQ101
    cursor = connection.cursor()
    try:
        cursor.execute("select 1")
    finally:
        cursor.close()
        connection.close()


def cursor_closed_first_where_it_is_known(dsn):
    connection = cursor = None
    try:
        connection = psycopg2.connect(dsn)  # expect: NAQ101
        cursor = connection.cursor()
        cursor.execute("select 1")
    except psycopg2.Error as error:
        print(error)
    finally:
        if connection:
            cursor.close()
            connection.close()


def cursor_closed_before_a_commit(dsn):
    connection = psycopg2.connect(dsn)  # expect: NAQ102@18 connection 'connection' stays open if line +6 raises; use 'with contextlib.closing(psycopg2.connect(dsn)) as connection'
    cursor = connection.cursor()
    try:
        cursor.execute("select 1")
    finally:
        cursor.close()
        connection.commit()
        connection.close()


def another_thing_closed_first(dsn, file):
    connection = psycopg2.connect(dsn)  # expect: NAQ101
    try:
        connection.cursor().execute("select 1")
    finally:
        file.close()
        connection.close()


def cursor_used_first(dsn):
    connection = psycopg2.connect(dsn)  # expect: NAQ102
    cursor = connection.cursor()
    try:
        cursor.execute("select 1")
    finally:
        cursor.fetchall()
        connection.close()
