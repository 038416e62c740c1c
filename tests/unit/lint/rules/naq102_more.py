"""Closed on some paths only: each way out, and the hand-offs that end it."""

import asyncio
import logging

import nats

URL = "nats://localhost"
log = logging.getLogger(__name__)
POOL = {}


async def straight():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    await nc.publish("a", b"b")
    await nc.close()


# An attribute that is missing is a mistake of the code, and no way on which to look for a leak ...
async def attribute_of_something_unknown(job):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    data = job.data
    log.info(f"closing for {job.name}")
    await nc.drain()
    return data


# ... but where a handler counts on it.
async def attribute_that_may_be_missing(job):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +4 returns; use 'async with await nats.connect(URL) as nc'
    try:
        data = job.data
    except AttributeError:
        return None
    await nc.drain()
    return data


# A module of the standard library is there to be imported ...
async def imports_before_the_close(job):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    import os.path
    from signal import SIGINT

    print(os.path, SIGINT)
    await nc.drain()


async def imports_of_others_before_the_close(job):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    import shop, signal

    print(shop, signal)
    await nc.drain()


# ... but where a handler counts on another system, which has not all of them.
async def imports_that_may_fail(job):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect(URL) as nc'
    try:
        import fcntl
    except ImportError:
        return
    print(fcntl)
    await nc.drain()


async def raised():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect(URL) as nc'
    if nc.is_connected:
        raise RuntimeError
    await nc.close()


async def asserted(flag):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    assert flag
    await nc.close()


async def continued(urls):
    for url in urls:
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if line +0 raises; use 'async with await nats.connect(url) as nc'
        if url:
            continue
        await nc.close()


async def cancelled():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +3 is cancelled; use 'async with await nats.connect(URL) as nc'
    try:
        # CancelledError passes `except Exception` by.
        await nc.publish("a", b"b")
    except Exception:
        log.exception("failed")
    await nc.close()


async def tuple_of_types():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    except (ValueError, asyncio.CancelledError):
        print("stopped")
    await nc.close()


async def handler_raises(job):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +4 raises; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    except BaseException:
        await job.nak()
        await nc.close()
        raise
    await nc.close()


async def finally_raises_before(job):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +4 raises; use 'async with await nats.connect(URL) as nc'
    try:
        await nc.publish("a", b"b")
    finally:
        await job.done()
        await nc.close()


async def two_in_one_finally():
    first = await nats.connect(URL)  # expect: NAQ102@19 connection 'first' stays open if line +1 raises; use 'async with await nats.connect(URL) as first'
    second = await nats.connect(URL)  # expect: NAQ101@20 connection 'second' is closed by hand; use 'async with await nats.connect(URL) as second'
    try:
        await first.publish("a", b"b")
        await second.publish("a", b"b")
    finally:
        await second.close()
        await first.close()


async def while_condition(busy):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    while busy():
        await nc.flush()
    await nc.close()


async def iterates(items):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    async for item in items:
        print(item)
    await nc.close()


async def matched(kind):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +3 returns; use 'async with await nats.connect(URL) as nc'
    match kind:
        case "keep":
            return
    await nc.close()


async def yields():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if the code that line +1 yields to raises or stops; use 'async with await nats.connect(URL) as nc'
    yield nc
    await nc.close()


async def comprehension(items):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(URL) as nc'
    done = [await nc.request("a", item) for item in items]
    await nc.close()
    return done


async def rebound_on_one_path(again):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open when line +2 rebinds it; use 'async with await nats.connect(URL) as nc'
    if again:
        nc = None
    else:
        await nc.close()


async def one_normal_path_does_neither(keep, drop):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +3 returns; use 'async with await nats.connect(URL) as nc'
    if keep:
        POOL["a"] = nc
    elif drop:
        await nc.close()


# Silent from here on.
async def one_or_the_other(keep):
    nc = await nats.connect(URL)
    if keep:
        POOL["a"] = nc
    else:
        await nc.close()


async def handed_on_if_it_works():
    nc = await nats.connect(URL)
    try:
        await nc.flush()
    except Exception:
        await nc.close()
        raise
    return nc


# NAQ102, as what comes before the hand-off may fail.
async def handed_on_and_exceptional_paths():
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    return nc


async def nothing_raises_between():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    log.info("connected")
    print("connected")
    js = nc.jetstream()
    try:
        await js.publish("a", b"b")
    finally:
        await nc.close()


async def managed_after_what_cannot_raise():
    nc = await nats.connect(URL)
    log.info("connected")
    async with nc:
        await nc.publish("a", b"b")
