"""A close that is a second one for the first connection is the first one for what the name stands for on another way."""

import nats

URL = "nats://localhost"


# Was a false alarm: NAQ107 asked to remove the last close.
async def made_anew(work):
    nc = await nats.connect(URL)  # expect: NAQ101@16
    try:
        await nc.close()
    except KeyError:
        nc = await nats.connect(URL)  # expect: NAQ101@20
    finally:
        await nc.close()


async def the_same(work):
    nc = await nats.connect(URL)  # expect: NAQ102@16
    await work()
    await nc.close()
    await nc.close()  # expect: NAQ107@11
