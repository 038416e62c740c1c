"""Connections that a generator yields: one that is a context manager lends them to a block."""

import contextlib
import sqlite3
from contextlib import asynccontextmanager, closing

import nats
import psycopg2
import pytest


@contextlib.contextmanager
def commits(path):
    with sqlite3.connect(path) as db:  # expect: NAQ103@10 connection 'db' is never closed: its 'with' block commits and does not close it; use 'with closing(sqlite3.connect(path)) as db'
        yield db


@contextlib.contextmanager
def cursor(dsn):
    conn = psycopg2.connect(dsn)  # expect: NAQ103@12
    try:
        yield conn.cursor()
        conn.commit()
    except Exception:
        conn.rollback()
        raise


@asynccontextmanager
async def bus(url):
    nc = await nats.connect(url)  # expect: NAQ103@16
    yield nc


@contextlib.asynccontextmanager
async def state_of_an_application(app):
    nc = await nats.connect(app.url)  # expect: NAQ103@16
    yield {"nc": nc}


@contextlib.asynccontextmanager
async def named_state(app):
    nc = await nats.connect(app.url)  # expect: NAQ103@16
    state = {"nc": nc, "js": nc.jetstream()}
    yield state


@contextlib.asynccontextmanager
async def closed_in_the_state(app):
    nc = await nats.connect(app.url)
    try:
        yield {"nc": nc}
    finally:
        await nc.close()


# Silent: closed behind the block, or handed to the caller of a plain generator.
@contextlib.contextmanager
def closes(path):
    with closing(sqlite3.connect(path)) as db, db:
        yield db


@contextlib.contextmanager
def keeps(store, path):
    store.db = sqlite3.connect(path)
    yield store.db


def generator(path):
    db = sqlite3.connect(path)
    yield db


@pytest.fixture
def fixture(path):
    db = sqlite3.connect(path)
    yield db


@pytest.fixture
async def fixture_with_state(url):
    nc = await nats.connect(url)
    yield {"nc": nc}


async def generator_of_states(url):
    nc = await nats.connect(url)
    yield {"nc": nc}
