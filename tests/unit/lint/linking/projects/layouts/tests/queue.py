"""Has the name of a module of the standard library."""

import nats


async def connect():
    return await nats.connect("u")
