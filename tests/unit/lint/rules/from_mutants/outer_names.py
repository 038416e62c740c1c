"""Connections that a nested function puts into a name of the outer function."""

import nats


# Silent: the loop gives the name other connections.
async def a_loop_sets_the_name_too(url, others):
    nc = None

    async def setup():
        nonlocal nc
        nc = await nats.connect(url)

    await setup()
    for nc in others:
        await nc.flush()
