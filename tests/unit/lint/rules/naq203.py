# settings: {"select": ["NAQ203"]}
"""A new connection on every turn."""

import asyncio

import nats

URL = "nats://localhost"


async def every_turn(items):
    for item in items:
        async with await nats.connect(URL) as nc:  # expect: NAQ203@26 connection 'nc' is opened on every turn of the loop; open it once, around the loop
            await nc.publish("a", item)


# Silent: another server each time, or a retry that leaves on success.
async def servers(urls):
    for url in urls:
        async with await nats.connect(url) as nc:
            await nc.publish("a", b"b")


async def retry():
    while True:
        try:
            return await nats.connect(URL)
        except OSError:
            await asyncio.sleep(1)
