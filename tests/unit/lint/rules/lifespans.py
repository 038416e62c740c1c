"""An application ends its lifespan by going on: nothing raises at the `yield` that loses what an attribute keeps."""

from contextlib import asynccontextmanager

import redis.asyncio as redis
from fastapi import FastAPI
from workers import stop


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = redis.Redis(host="localhost")
    yield
    await app.state.redis.aclose()


# Reported: what comes before the close may raise.
@asynccontextmanager
async def stopped_first(app: FastAPI):
    app.state.queue = redis.Redis(host="localhost")  # expect: NAQ102@23 async client 'app.state.queue' stays open if line +2 raises; use 'async with redis.Redis(host="localhost") as app.state.queue'
    yield
    await stop()
    await app.state.queue.aclose()


# Reported: the function gets no application, so the code of its block may raise.
@asynccontextmanager
async def session(holder):
    holder.state.cache = redis.Redis(host="localhost")  # expect: NAQ102@26 async client 'holder.state.cache' stays open if the code that line +1 yields to raises or stops; use 'async with redis.Redis(host="localhost") as holder.state.cache'
    yield
    await holder.state.cache.aclose()


# Reported: a block can enter what a name has.
@asynccontextmanager
async def named(app: FastAPI):
    client = redis.Redis(host="localhost")  # expect: NAQ102@14 async client 'client' stays open if the code that line +1 yields to raises or stops; use 'async with redis.Redis(host="localhost") as client'
    yield
    await client.aclose()
