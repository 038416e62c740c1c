"""A function that others get by a star."""

import nats


async def starred(url):
    return await nats.connect(url)


async def _hidden(url):
    return await nats.connect(url)
