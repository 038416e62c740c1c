"""A test that asserts the connection closed has waited until it was; the ways to that assertion may leak."""

import asyncio
import unittest

import nats


class Cases(unittest.IsolatedAsyncioTestCase):
    async def test_server_gone(self):
        nc = await nats.connect(allow_reconnect=False)  # expect: NAQ102@20 connection 'nc' stays open if line +1 is cancelled; use 'async with await nats.connect(allow_reconnect=False) as nc'
        await asyncio.sleep(5)
        self.assertTrue(nc.is_closed)

    async def test_open(self):
        nc = await nats.connect(allow_reconnect=False)  # expect: NAQ103@20 connection 'nc' is never closed; use 'async with await nats.connect(allow_reconnect=False) as nc'
        self.assertTrue(nc.is_connected)
        self.assertEqual(nc.stats["reconnects"], 0)
