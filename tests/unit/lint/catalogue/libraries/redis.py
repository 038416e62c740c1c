"""Clients and subscriptions of redis-py: asynchronous ones; the others are asked for."""

import redis
import redis.asyncio

SHARED = redis.asyncio.from_url("redis://localhost")


async def never_closed(url):
    client = redis.asyncio.from_url(url)  # expect: NAQ103@14 async client 'client' is never closed; use 'async with redis.asyncio.from_url(url) as client'
    await client.set("a", 1)


async def stays_open_on_an_error(url):
    client = redis.asyncio.Redis.from_url(url)  # expect: NAQ102@14 async client 'client' stays open if line +1 raises; use 'async with redis.asyncio.Redis.from_url(url) as client'
    await client.set("a", 1)
    await client.aclose()


async def awaited(url):
    client = await redis.asyncio.from_url(url)  # expect: NAQ101@20 async client 'client' is closed by hand; use 'async with redis.asyncio.from_url(url) as client'
    try:
        await client.set("a", 1)
    finally:
        await client.aclose()


async def in_a_block(url):
    async with redis.asyncio.from_url(url) as client:
        await client.set("a", 1)


async def subscription_that_stays(client: redis.asyncio.Redis):
    pubsub = client.pubsub()  # expect: NAQ103@14 subscription 'pubsub' is never closed; use 'async with client.pubsub() as pubsub'
    await pubsub.subscribe("news")
    return await pubsub.get_message()


async def subscription_in_a_block(client: redis.asyncio.Redis):
    async with client.pubsub() as pubsub:
        await pubsub.subscribe("news")
        return await pubsub.get_message()


def nothing_said_of_a_lazy_client():
    client = redis.Redis()
    client.set("a", 1)


class OfOneNamespace:
    """Its client takes connections from a pool of other code, which stays open when the client is closed."""

    def __init__(self, pool: redis.asyncio.ConnectionPool) -> None:
        self._client = redis.asyncio.Redis(connection_pool=pool)

    async def get(self, key):
        return await self._client.get(key)


async def with_connections_of_a_pool(pool):
    client = redis.asyncio.Redis(connection_pool=pool)
    return await client.get("a")


async def whatever_follows_the_address(url, options):
    client = redis.asyncio.from_url(url, **options)  # expect: NAQ103
    await client.set("a", 1)


async def perhaps_with_a_pool(options):
    client = redis.asyncio.Redis(**options)
    await client.set("a", 1)
