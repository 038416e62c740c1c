"""A `case` that gives a name to all of what is matched gives it to the connection."""

import nats
from nats.aio.client import Client

URL = "nats://localhost"


async def named_in_the_case():
    match await nats.connect(URL):
        case nc:
            await nc.close()


async def named_before(given):
    nc = await nats.connect(URL) if given is None else given  # expect: NAQ102@16 connection 'nc' stays open if line +3 raises; use 'async with await nats.connect(URL) as nc'
    match nc:
        case Client() as client:
            await client.flush()
            await client.close()
        case _:
            raise TypeError(given)


async def named_and_left_open():
    match await nats.connect(URL):  # expect: NAQ103@17
        case nc:
            await nc.flush()


# Silent: the parts have separate names.
async def parts_with_names(pair):
    nc = await nats.connect(URL)
    match (nc, pair):
        case (first, _):
            await first.close()
