"""Closed on some paths only."""

import asyncio
import contextlib

import nats

URL = "nats://localhost"


async def straight():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    await nc.publish("a", b"b")
    await nc.close()


async def early_return(empty):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 returns; use 'async with await nats.connect(URL) as nc'
    if empty:
        return
    await nc.close()


async def early_break(urls):
    for url in urls:
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if line +2 breaks; use 'async with await nats.connect(url) as nc'
        if url:
            break
        await nc.close()


async def cancellation_passes_by():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 is cancelled; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    except Exception:
        await nc.close()
        raise
    await nc.close()


async def specific_handler():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    except ValueError:
        pass
    await nc.close()


async def between_acquisition_and_try(path):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 is cancelled; use 'async with await nats.connect(URL) as nc'
    await asyncio.sleep(1)
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def first_in_the_finally():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    sub = await nc.subscribe("a")
    try:
        await sub.next_msg()
    finally:
        await nc.close()


async def rebound():
    nc = await nats.connect(URL)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(URL) as nc'
    nc = await nats.connect(URL + "2")  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL + "2") as nc'
    await nc.close()


async def generator(items):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if the code that line +2 yields to raises or stops; use 'async with await nats.connect(URL) as nc'
    for item in items:
        yield item
    await nc.close()


async def borrowed_between(process):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    if not await process(nc):
        return
    await nc.close()


async def swallowed():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect(URL) as nc'
    with contextlib.suppress(ValueError):
        await nc.publish("a", b"b")
    await nc.close()


# Silent: what cannot raise is between, and what releases is reached.
async def logging_between(logger):
    nc = await nats.connect(URL)
    logger.info("connected to %s", URL)
    print("connected")
    async with nc:
        await nc.publish("a", b"b")


async def exit_stack():
    async with contextlib.AsyncExitStack() as stack:
        nc = await stack.enter_async_context(await nats.connect(URL))
        await nc.publish("a", b"b")


async def pushed():
    async with contextlib.AsyncExitStack() as stack:
        nc = await nats.connect(URL)
        stack.push_async_callback(nc.close)
        await nc.publish("a", b"b")


async def hands_on_or_releases(keep, registry):
    nc = await nats.connect(URL)
    if keep:
        registry.append(nc)
    else:
        await nc.close()


async def closed_by_a_nested_function(loop):
    nc = await nats.connect(URL)

    async def stop():
        await nc.close()

    loop.add_signal_handler(15, stop)
    await nc.flush()
