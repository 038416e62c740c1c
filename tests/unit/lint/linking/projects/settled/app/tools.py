"""Helpers that close on a condition; the module mentions no library."""


async def done(nc, close=False):
    if close:
        await nc.close()


async def shut(nc, close):
    await done(nc, close)
