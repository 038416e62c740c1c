"""A second release that a test asks for, or that a look at the state decides about."""

import nats
import pytest
from nats.client import ClientStatus, connect
from nats.errors import ConnectionClosedError


async def test_drain_after_close_raises(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    await nc.publish("a", b"")
    await nc.close()
    with pytest.raises(ConnectionClosedError):
        await nc.drain()


async def drain_once_more(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    await nc.publish("a", b"")
    await nc.drain()
    try:
        await nc.drain()
    except ConnectionClosedError:
        print("drained already")


async def test_new_client_again(url):
    client = await connect(url)  # expect: NAQ102@20 connection 'client' stays open if line +1 raises; use 'async with await connect(url) as client'
    await client.publish("a", b"")
    await client.close()
    await client.drain()
    await client.drain()


async def test_new_client_guarded(url):
    client = await connect(url)  # expect: NAQ101@20 connection 'client' is closed by hand; use 'async with await connect(url) as client'
    try:
        await client.drain()
        assert client.status == ClientStatus.CLOSED
    finally:
        if client.status != ClientStatus.CLOSED:
            await client.close()


async def closed_twice(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    await nc.publish("a", b"")
    await nc.close()
    await nc.drain()  # expect: NAQ107@11 connection 'nc' is closed already on every way here; remove the call
