"""Other functions use the connection under its name, while a context manager or a script has it open."""

import contextlib
import sqlite3

import httpx
from fastapi import FastAPI

client: httpx.AsyncClient | None = None
db = None
cache = None
kept = None


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI):
    global client

    async with httpx.AsyncClient(
        timeout=30.0,
        limits=httpx.Limits(max_connections=100),
    ) as client:
        print("ready")

        yield

    print("shutting down")


app = FastAPI(lifespan=lifespan)


@app.get("/items/{path}")
async def get(path):
    return (await client.get(path)).json()


def script(path):
    global db
    with contextlib.closing(sqlite3.connect(path)) as db:
        work()


def a_reset_stays(path):
    global kept
    with contextlib.closing(sqlite3.connect(path)) as kept:
        work()
    kept = None


def work():
    db.execute("select 1")
    cache.execute("select 1")
    kept.execute("select 1")


def a_value_that_others_read_before(path):
    global cache
    cache = None
    work()
    cache = sqlite3.connect(path)
    with contextlib.closing(cache):
        work()


@contextlib.asynccontextmanager
async def left_by_an_error_at_its_yield(app):
    async with httpx.AsyncClient() as own:
        await app.start(own)
        yield


async def left_by_whoever_takes_what_it_yields(app):
    async with httpx.AsyncClient() as own:  # unsafe: line N leaves it open, perhaps on purpose
        await app.start(own)
        yield
