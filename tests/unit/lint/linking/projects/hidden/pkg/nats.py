"""Has the name of the library, and uses it: it cannot be what `nats.connect` means."""

import nats


async def start(url):
    client = await nats.connect(url)  # expect: NAQ103@20 connection 'client' is never closed; use 'async with await nats.connect(url) as client'
    await client.flush()
