"""The file beside this one has no `connect`."""

import nats


async def of_the_library():
    client = await nats.connect("u")  # expect: NAQ103@20 connection 'client' is never closed; use 'async with await nats.connect("u") as client'
    await client.flush()
