"""Used after it was closed."""

import nats
import pytest
from nats.errors import ConnectionClosedError

URL = "nats://localhost"


async def after_the_block():
    async with await nats.connect(URL) as nc:
        js = nc.jetstream()
        await js.publish("a", b"b")
    await js.publish("a", b"b")  # expect: NAQ105@11 connection 'nc' is used by 'js.publish' after its 'async with' block has ended; move the use before the end


async def after_the_close():
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    await nc.close()
    await nc.publish("a", b"b")  # expect: NAQ105@11 connection 'nc' is used by 'nc.publish' after it was closed; move the use before the end


# Silent: asked, expected, or closed on one path only.
async def asked():
    async with await nats.connect(URL) as nc:
        await nc.flush()
    return nc.is_closed


async def expected():
    async with await nats.connect(URL) as nc:
        await nc.flush()
    with pytest.raises(ConnectionClosedError):
        await nc.publish("a", b"b")
    try:
        await nc.publish("a", b"b")
    except ConnectionClosedError:
        print("closed")


async def closes_at_times(nc, wanted):
    if wanted:
        await nc.close()


# The helper may have left it open.
async def after_a_helper_that_may_close(wanted):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    await closes_at_times(nc, wanted)
    await nc.publish("a", b"b")


# Silent: a comprehension has its own names.
async def another_of_that_name(messages):
    async with await nats.connect(URL) as nc:
        await nc.flush()
    return [nc.reply for nc in messages if nc.subject() for _ in nc.headers()]


async def only_the_first_iterable_is_outside(groups):
    async with await nats.connect(URL) as nc:
        await nc.flush()
    print([nc for nc in await nc.request("a", b"b")])  # expect: NAQ105@31 connection 'nc' is used by 'nc.request' after its 'async with' block has ended; move the use before the end


async def outside_again(messages):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    print([nc.reply for nc in messages])
    await nc.close()
