"""A `finally` that closes several things: an error of one close is as rare as that of the last."""

import asyncio
import contextlib

import nats


async def behind_another(server):
    nc = await nats.connect("u")  # expect: NAQ101@16
    try:
        await nc.flush()
    finally:
        if server.broker:
            await asyncio.wait_for(
                server.broker.stop(),
                timeout=5,
            )
        await nc.close()


# A manager that yields it leaves no other way to close it.
@contextlib.asynccontextmanager
async def lifespan(app):
    try:
        app.nc = await nats.connect("u")
        yield
    finally:
        await app.redis.close()
        await app.nc.close()


async def behind_an_operation(server):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +4 raises; use 'async with await nats.connect("u") as nc'
    try:
        await nc.flush()
    finally:
        await server.flush()
        await nc.close()


async def above_the_close_of_another(server):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect("u") as nc'
    try:
        await nc.flush()
        await nc.close()
    finally:
        await server.close()


async def without_a_finally(server):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect("u") as nc'
    await server.close()
    await nc.close()


async def returns_above_the_close(server):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +6 returns; use 'async with await nats.connect("u") as nc'
    try:
        await nc.flush()
    finally:
        await server.close()
        if server.broker:
            return
        await nc.close()


# A cancellation of what a block lets fail.
async def behind_what_may_fail(server):
    nc = await nats.connect("u")  # expect: NAQ101@16
    try:
        await nc.flush()
    finally:
        with contextlib.suppress(Exception):
            await server.flush()
        try:
            await server.flush()
        except Exception:
            print("not flushed")
        await nc.close()


async def behind_what_waits(tasks):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +4 is cancelled; use 'async with await nats.connect("u") as nc'
    try:
        await nc.flush()
    finally:
        await asyncio.gather(*tasks, return_exceptions=True)
        await nc.close()


async def returns_from_a_block(server):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +6 returns; use 'async with await nats.connect("u") as nc'
    try:
        await nc.flush()
    finally:
        with contextlib.suppress(Exception):
            if server.broker:
                return
        await nc.close()


async def closed_behind_the_finally(server):
    try:
        nc = await nats.connect("u")  # expect: NAQ102@20 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect("u") as nc'
    finally:
        await server.close()
        print("closed")
    await nc.close()


# Where the second cannot be opened, there is nothing to close.
async def opened_in_the_try():
    first = await nats.connect("u")  # expect: NAQ102@19 connection 'first' stays open if line +5 raises; use 'async with await nats.connect("u") as first'
    second = None
    try:
        second = await nats.connect("v")  # expect: NAQ101@24
    finally:
        await second.close()  # expect: NAQ104@15
        await first.close()


async def opened_in_the_try_and_asked_for():
    first = await nats.connect("u")  # expect: NAQ101@19
    second = None
    try:
        second = await nats.connect("v")  # expect: NAQ101@24
    finally:
        if second is not None:
            await second.close()
        await first.close()
