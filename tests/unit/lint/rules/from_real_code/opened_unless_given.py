"""A function that opens a connection unless it is given one closes only what it has opened."""

import nats


async def send(data, nc=None):
    own = False
    if nc is None:
        nc = await nats.connect("u")  # expect: NAQ102
        own = True
    await nc.publish("orders", data)
    if own:
        await nc.close()


async def send_twice(data, nc=None):
    own = False
    if nc is None:
        nc = await nats.connect("u")  # expect: NAQ102
        own = True
    await send(data, nc=nc)
    await nc.publish("orders", data)
    if own:
        await nc.close()


async def closes_in_the_end(data):
    nc = await nats.connect("u")  # expect: NAQ101
    try:
        await send(data, nc)
        await nc.flush()
    finally:
        await nc.close()


async def leaves_it_to_the_function(data):
    nc = await nats.connect("u")  # expect: NAQ103
    await send(data, nc)
