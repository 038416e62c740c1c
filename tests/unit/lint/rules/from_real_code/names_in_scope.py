"""The remedy is spelled with what the file imports, and without keywords that do not exist."""

import nats as nats_lib
from nats import connect as dial
from nats.aio.client import Client as NATS
from nats.client import connect


async def renamed(url):
    nc = await nats_lib.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats_lib.connect(url) as nc'
    await nc.publish("a", b"")
    await nc.close()


async def imported_function(url):
    nc = await dial(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await dial(url) as nc'
    await nc.publish("a", b"")
    await nc.close()


async def new_client(url):
    client = await connect(url)  # expect: NAQ102@20 connection 'client' stays open if line +1 raises; use 'async with await connect(url) as client'
    await client.publish("a", b"")
    await client.close()


async def by_class(url):
    nc = NATS()
    await nc.connect(url, connect_timeout=3)  # expect: NAQ102@11 connection 'nc' stays open if line +1 raises; use 'async with nc'
    await nc.publish("a", b"")
    await nc.close()


async def old_keyword(url, loop):
    nc = NATS()
    await nc.connect(url, loop=loop)  # expect: NAQ102@11 connection 'nc' stays open if line +1 raises; use 'async with nc' | NAQ304@32 'connect' takes no keyword 'loop' since nats-py 2.0; remove it
    await nc.publish("a", b"")
    await nc.close()


async def object_in_use_already(url, spy):
    # The object is changed between its construction and connect(): `nats.connect` would make another one. The remedy that
    # fits is to enter it: `async with nc:` around what follows connect().
    nc = NATS()
    nc._connect_command = spy
    await nc.connect(url)  # expect: NAQ102@11 connection 'nc' stays open if line +1 raises; use 'async with nc'
    await nc.publish("a", b"")
    await nc.close()
