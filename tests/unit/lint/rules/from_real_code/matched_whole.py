"""What a `match` does with a connection is not followed: a `case` may give it another name, and close it."""

import nats
from nats.aio.client import Client

URL = "nats://localhost"


async def named_in_the_case():
    match await nats.connect(URL):
        case nc:
            await nc.close()


async def named_before(given):
    nc = await nats.connect(URL) if given is None else given
    match nc:
        case Client() as client:
            await client.flush()
            await client.close()
        case _:
            raise TypeError(given)


async def named_and_left_open():
    match await nats.connect(URL):
        case nc:
            await nc.flush()


async def parts_with_names(pair):
    nc = await nats.connect(URL)
    match (nc, pair):
        case (first, _):
            await first.close()
