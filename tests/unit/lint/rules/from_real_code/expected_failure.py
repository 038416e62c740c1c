"""A connect that the test expects to fail makes nothing that could be closed."""

import asyncio
import contextlib
import unittest

import nats
import pytest
from nats.aio.client import Client as NATS
from nats.errors import BadSubjectError, NoServersError


async def test_refused(url):
    with pytest.raises(NoServersError):
        await nats.connect(url, max_reconnect_attempts=1)


async def test_refused_and_looked_at(url):
    with pytest.raises(NoServersError, match="no servers") as caught:
        nc = await nats.connect(url)
    assert "servers" in str(caught.value)


async def test_refused_in_time(url):
    with pytest.raises((asyncio.TimeoutError, NoServersError)):
        await asyncio.wait_for(nats.connect(url), 1)


async def test_refused_by_the_class(url):
    nc = NATS()
    with pytest.raises(NoServersError):
        await nc.connect(url)
    assert not nc.is_connected


class RefusedTest(unittest.IsolatedAsyncioTestCase):
    async def test_refused(self):
        nc = NATS()
        with self.assertRaises(NoServersError):
            await nc.connect("nats://missing:4222")
        self.assertFalse(nc.is_connected)

    async def test_refused_one_after_the_other(self):
        nc = NATS()
        for servers in (["nats://a", "ws://b"], ["tls://a", "wss://b"]):
            with self.assertRaisesRegex(NoServersError, "mixed"):
                await nc.connect(servers)


async def test_bad_subject(url):
    with pytest.raises(BadSubjectError):
        nc = await nats.connect(url)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
        await nc.publish("", b"")


async def best_effort(url):
    with contextlib.suppress(NoServersError):
        nc = await nats.connect(url)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
        await nc.publish("up", b"")


# The block inside is not what is expected to raise.
async def test_another_block_inside(mocked):
    with pytest.raises(NoServersError):
        with mocked("home"):
            await nats.connect("u")
