"""A test imports the package from `src`, and a helper that lies beside the test."""

import queue

from helpers import helped
from pkg.clients import get_client


async def test_it():
    nc = await get_client()  # expect: NAQ103@16 connection 'nc' from 'get_client' (pkg/clients.py:7) is never closed; use 'async with await get_client() as nc'
    await nc.flush()


async def test_helper():
    nc = await helped()  # expect: NAQ103@16 connection 'nc' from 'helped' (helpers.py:7) is never closed; use 'async with await helped() as nc'
    await nc.flush()


# Silent: the standard library has a module of that name.
async def test_queue():
    nc = await queue.connect()
    await nc.flush()
