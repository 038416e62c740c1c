"""Globals that a function opens, and what the functions that it calls do with them."""

import nats

nc = None


def tell(text):
    print(text)


async def calls_what_does_not_name_it(url):
    global nc
    nc = await nats.connect(url)  # expect: NAQ102
    tell(url)
    await nc.flush()
    nc = None


async def uses_it():
    await nc.flush()
