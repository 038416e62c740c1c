"""A connection that nothing uses."""

import nats
from naq.connection import nats_jetstream

URL = "nats://localhost"


async def managed(config, job):
    async with nats_jetstream(config) as (conn, js):  # expect: NAQ202@16 connection is opened and nothing uses it; remove it
        await job.run()


async def acquired(job):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with nats_jetstream() as (conn, js)'
    js = nc.jetstream()
    try:
        await job.run()
    finally:
        await nc.close()
    print("done", job, js is None)


# Silent: a probe.
async def probe():
    try:
        async with await nats.connect(URL):
            return True
    except OSError:
        return False


async def begun(url):
    nc = await nats.connect(url)
    return nc, nc.request("orders", b"")


# Silent: what the helper gives beside the connection needs it.
async def asked(url):
    nc, answer = await begun(url)
    async with nc:
        return await answer
