"""Synchronous connections that are given to a function after their end."""

import tempfile

import httpx
import nats
import psycopg
import pytest
from somewhere import COUNTS, afterEnd, assert_no_rows, convert, emit, log_end, on_end, render


def work(conn):
    conn.execute("select 1")


def is_over(conn):
    return conn.closed


def work_if_open(conn):
    if not conn.closed:
        conn.execute("select 1")


def count(conn):
    COUNTS[id(conn)] += 1


async def use(nc):
    await nc.publish("a", b"")


def after_the_block(dsn):
    with psycopg.connect(dsn) as conn:
        conn.execute("select 1")
    emit(conn)  # expect: NAQ105@5 connection 'conn' is passed to 'emit' after its 'with' block has ended; move the call before the end


def of_the_file(dsn):
    with psycopg.connect(dsn) as conn:
        conn.execute("select 1")
    return work(conn=conn)  # expect: NAQ105@12


def after_the_close(url):
    client = httpx.Client()  # expect: NAQ102@14
    client.get(url)
    client.close()
    return emit([url], client)  # expect: NAQ105@12


def by_a_name_with_the_letters_of_an_end(dsn):
    with psycopg.connect(dsn) as conn:
        conn.execute("select 1")
    return render(conn)  # expect: NAQ105@12


async def method_of_a_view(url):
    async with await nats.connect(url) as nc:
        js = nc.jetstream()
    await use(js)  # expect: NAQ105@11


async def awaited(url):
    async with await nats.connect(url) as nc:
        await use(nc)
    await use(nc)  # expect: NAQ105@11


# Silent: a function of the file that asks first, or calls no method.
def asks(dsn):
    with psycopg.connect(dsn) as conn:
        conn.execute("select 1")
    work_if_open(conn)
    count(conn)
    return is_over(conn)


# Silent: by its name it takes note, a name of Python itself, a method, an expected error, or a file, which has a name.
def taken_note_of(dsn, seen):
    with psycopg.connect(dsn) as conn:
        conn.execute("select 1")
    log_end(conn)
    on_end(conn)
    afterEnd(conn)
    assert_no_rows(conn)
    seen.visit(conn)
    return isinstance(conn, psycopg.Connection)


def expected(dsn):
    with psycopg.connect(dsn) as conn:
        conn.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        work(conn)


def file_with_a_name():
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(b"a")
    return convert(file)


async def asynchronous(url):
    async with await nats.connect(url) as nc:
        await nc.flush()
    emit(nc)
