"""What fails between the acquisition and the hand-off loses the resource: other code gets it only where nothing fails."""
import asyncio
import logging

import nats
from nats.aio.client import Client

logger = logging.getLogger(__name__)


async def returned(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    js = nc.jetstream()
    await js.add_stream(name="jobs", subjects=["jobs.>"])
    return nc


async def wrapped(url, Bus):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    return Bus(nc)


async def wrapped_with_a_name(url, Bus):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    await nc.flush()
    bus = Bus(nc)
    return bus, bus.start()


async def after_another_wait(url, load):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    settings = await load()
    return nc, settings


async def one_error_is_expected(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.jetstream().add_stream(name="jobs")
    except ValueError:
        logger.info("there is such a stream")
    return nc


class Kept:
    async def start(self, url):
        nc = Client()
        await nc.connect(url)  # expect: NAQ102@15 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await nc.subscribe("a", cb=print)
        self.nc = nc

    async def stop(self):
        await self.nc.close()


# Silent: it is closed where that fails.
async def with_care(url):
    nc = await nats.connect(url)
    try:
        await nc.jetstream().add_stream(name="jobs")
    except BaseException:
        await nc.close()
        raise
    return nc


# Silent: a handler that closes it says what is expected to fail there.
async def with_care_for_one_error(url):
    nc = await nats.connect(url)
    try:
        await nc.jetstream().add_stream(name="jobs")
    except nats.errors.Error:
        await nc.close()
        raise
    return nc


async def behind_the_care_for_one_error(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +6 raises, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.jetstream().add_stream(name="jobs")
    except nats.errors.Error:
        await nc.close()
        raise
    await nc.flush()
    return nc


async def not_closed_by_that_handler(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    try:
        await nc.jetstream().add_stream(name="jobs")
    except nats.errors.Error:
        logger.info("there is such a stream")
    try:
        url.load()
    except ValueError:
        await nc.close()
        raise
    return nc


# Silent: only a cancellation, a missing attribute or a call that does not wait is in between.
async def nothing_that_fails(url, settings, count):
    nc = await nats.connect(url)
    await asyncio.sleep(1)
    name = settings.name
    count(name)
    return nc


# Silent: the callable may have kept it by then.
async def kept_by_then(url, register):
    nc = await nats.connect(url)
    register(nc)
    await nc.flush()
    return nc


# Silent: the wait is for the lock, which the block gives back.
async def under_a_lock(self, url, traced):
    async with self.lock:
        nc = await nats.connect(url)
        self.nc = traced(nc)


class Maker:
    def __init__(self, nc):
        self.nc = nc


# Silent: the cleanup fails, and it is the cleanup that would close it.
async def cleanup_fails(url, sink):
    nc = maker = None
    try:
        nc = await nats.connect(url)
        maker = Maker(nc)
        await maker.run()
    finally:
        if maker is not None:
            await maker.stop()
        else:
            await sink.stop()
            if nc is not None:
                await nc.close()


# Silent: a report is made of it, which need not have it.
async def reported(url, load):
    nc = await nats.connect(url)
    await nc.flush()
    report = load(nc)
    return report


async def the_first_call_that_may_fail_is_no_operation(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    name = find_name(url)
    await nc.publish(name, b"1")
    return nc
