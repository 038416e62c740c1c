"""A function that opens, which is called where it is defined or handed on."""

import nats


async def connect(url="u"):
    return await nats.connect(url)
