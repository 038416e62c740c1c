"""Connections that what a function returns goes on using."""

import asyncio
import functools
from functools import partial

import nats
import psycopg
from somewhere import App, Router

router = Router()


# Silent: the caller has the functions that use it.
def in_dictionary(dsn):
    conn = psycopg.connect(dsn)

    def ask(text):
        return conn.execute(text).fetchall()

    return {"ask": ask, "name": dsn}


def in_pair_of_lambdas(dsn):
    conn = psycopg.connect(dsn)
    return [(lambda: conn.execute("a")), (lambda: conn.execute("b"))]


def bound_method(dsn):
    conn = psycopg.connect(dsn)
    return functools.partial(conn.execute, "select 1")


def partly_given(dsn):
    conn = psycopg.connect(dsn)

    def ask(text):
        return conn.execute(text).fetchall()

    return dsn, partial(ask, "select 1")


async def application(url):
    app = App()
    nc = await nats.connect(url)

    @app.router.get("/")
    async def index():
        await nc.publish("a", b"")

    return app


def application_with_route(dsn):
    app = App()
    conn = psycopg.connect(dsn)

    def index():
        return conn.execute("x").fetchall()

    app.add_route("/", index)
    return app


# The function calls them itself, returns another thing, or no function that uses it.
def called(dsn):
    conn = psycopg.connect(dsn)  # expect: NAQ103@12

    def ask(text):
        return conn.execute(text).fetchall()

    return {"answer": ask("select 1")}


def mapped(dsn, texts):
    conn = psycopg.connect(dsn)  # expect: NAQ103@12

    def ask(text):
        return conn.execute(text).fetchall()

    return list(map(ask, texts))


async def runs(url):
    app = App()
    nc = await nats.connect(url)  # expect: NAQ103@16

    @app.get("/")
    async def index():
        await nc.publish("a", b"")

    await app.run()


async def returns_another(url):
    app = App()
    nc = await nats.connect(url)  # expect: NAQ103@16

    @router.get("/")
    async def index():
        await nc.publish("a", b"")

    return app


async def does_not_use_it(url):
    app = App()
    nc = await nats.connect(url)  # expect: NAQ103@16
    await nc.publish("a", b"")

    @app.get("/")
    async def index():
        await asyncio.sleep(1)

    return app


def attribute(dsn):
    conn = psycopg.connect(dsn)  # expect: NAQ103@12
    return {"version": conn.pgconn}


async def leaks_on_some_paths(url):
    app = App()
    nc = await nats.connect(url)  # expect: NAQ102@16
    await nc.flush()

    @app.get("/")
    async def index():
        await nc.publish("a", b"")

    if app.debug:
        await nc.close()
    return app
