"""Releases of parameters that are not awaited."""

import aiohttp
import httpx
import nats
from nats.aio.client import Client


def plain(client: httpx.AsyncClient):
    client.aclose()  # expect: NAQ109@5 'client.aclose()' is not awaited, so nothing is closed; use 'await client.aclose()'


async def optional(session: "aiohttp.ClientSession | None" = None):
    if session:
        session.close()  # expect: NAQ109


async def of_a_client(nc: Client, *, other: nats.NATS):
    nc.drain()  # expect: NAQ109
    other.close()  # expect: NAQ109


# Silent: another class, a plain method, a value that is used, and a name that something else binds.
async def in_order(client: httpx.Client, asynchronous: httpx.AsyncClient, made: aiohttp.ClientSession, unknown, later):
    client.close()
    asynchronous.headers.clear()
    unknown.close()
    later(made.close())
    await asynchronous.aclose()


def bound_again(client: httpx.AsyncClient, make):
    client = make(client)
    client.aclose()
