"""Gets connections from functions of other modules."""

import app
import app.clients as made
from app import get_client as exported, starred
from app.clients import Clients, get_client, get_client_or_none, get_decorated, shared_client, shut, shut_later
from app.wrapped import connected


async def never_closed():
    nc = await get_client("u")  # expect: NAQ103@16 connection 'nc' from 'get_client' (app/clients.py:7) is never closed; use 'async with await get_client("u") as nc'
    await nc.publish("orders", b"1")


async def by_the_module():
    nc = await made.get_client("u")  # expect: NAQ103
    await nc.publish("orders", b"1")


async def by_the_package():
    nc = await app.get_client("u")  # expect: NAQ103
    await nc.publish("orders", b"1")


async def by_its_exported_name():
    nc = await exported("u")  # expect: NAQ103@16 connection 'nc' from 'get_client' (app/clients.py:7) is never closed; use 'async with await exported("u") as nc'
    await nc.publish("orders", b"1")


async def by_a_star():
    nc = await starred("u")  # expect: NAQ103
    await nc.publish("orders", b"1")


async def wrapped():
    nc = await connected()  # expect: NAQ103@16 connection 'nc' from 'connected' (app/wrapped.py:7) is never closed; use 'async with await connected() as nc'
    await nc.publish("orders", b"1")


async def by_a_class():
    nc = await Clients.make("u")  # expect: NAQ103
    await nc.publish("orders", b"1")


async def by_an_object(clients):
    nc = await clients.made_by_an_object("u")
    await nc.publish("orders", b"1")


async def perhaps():
    nc = await get_client_or_none("u")  # expect: NAQ103
    if nc is not None:
        await nc.publish("orders", b"1")


async def leaks_on_some_paths():
    nc = await get_client("u")  # expect: NAQ102
    await nc.publish("orders", b"1")
    await shut(nc)


async def closed_by_hand():
    nc = await get_client("u")  # expect: NAQ101
    try:
        await nc.publish("orders", b"1")
    finally:
        await shut(nc)


async def closed_on_a_condition(wait):
    nc = await get_client("u")  # expect: NAQ101
    try:
        await nc.publish("orders", b"1")
    finally:
        await shut_later(nc, wait)


async def managed():
    async with await get_client("u") as nc:
        await nc.publish("orders", b"1")


# Silent: another module keeps it.
async def shared():
    nc = await shared_client("u")
    await nc.publish("orders", b"1")


# Silent: what the decorator makes of it is not known.
async def decorated():
    nc = await get_decorated("u")
    await nc.publish("orders", b"1")


async def handed_on():
    return await get_client("u")
