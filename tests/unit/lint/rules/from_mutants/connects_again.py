# settings: {"select": ["NAQ203"]}
"""Loops that connect on every turn, and other loops beside them."""

import asyncio

import nats

URL = "nats://localhost"


# Silent: it connects again only where the connection was lost, whatever the loop behind it does.
async def a_loop_behind_one_that_connects_again(job, names):
    while job.running:
        try:
            async with await nats.connect(URL) as nc:
                await job.serve(nc)
        except OSError:
            await asyncio.sleep(1)
    for name in names:
        print(name)


async def a_loop_that_waits_behind_one_that_connects(job, names):
    for name in names:
        async with await nats.connect(URL) as nc:  # expect: NAQ203@26 connection 'nc' is opened on every turn of the loop; open it once, around the loop
            await nc.publish("a", name)
    while job.running:
        await job.step()
