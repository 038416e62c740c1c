"""A time limit adds no way out, but turns the cancelling of what waits in it into a TimeoutError."""

import asyncio

import anyio
import nats

URL = "nats://localhost"


async def closed_in_time(work):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await work()
    finally:
        async with asyncio.timeout(5):
            await nc.close()


async def nothing_between():
    async with asyncio.timeout(5):
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.flush()
    finally:
        await nc.close()


async def returns_when_late():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +5 returns; use 'async with await nats.connect(URL) as nc'
    try:
        async with asyncio.timeout(5):
            await asyncio.sleep(10)
    except TimeoutError:
        return
    except BaseException:
        await nc.close()
        raise
    await nc.close()


async def not_late_without_a_limit():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        await asyncio.sleep(10)
    except TimeoutError:
        return
    except BaseException:
        await nc.close()
        raise
    await nc.close()


async def goes_on_when_late():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +3 is cancelled; use 'async with await nats.connect(URL) as nc'
    try:
        with anyio.move_on_after(5):
            await asyncio.sleep(10)
            await nc.close()
            return
    except BaseException:
        await nc.close()
        raise


async def closed_after_it():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        with anyio.move_on_after(5):
            await asyncio.sleep(10)
            return
    finally:
        await nc.close()
