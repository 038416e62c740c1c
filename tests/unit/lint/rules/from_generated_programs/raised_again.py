"""What a handler of several exceptions raises again is one of these."""

import asyncio

import nats

URL = "nats://localhost"


# Was a false alarm: what is raised again is taken outside by the handler that closes.
async def taken_outside(check, flag):
    nc = None
    try:
        try:
            await check()
        except (ValueError, asyncio.CancelledError):
            nc = await nats.connect(URL)  # expect: NAQ101@24
            raise
    except (ValueError, asyncio.CancelledError):
        if nc is not None:
            await nc.close()
        raise
    except Exception:
        return


async def one_of_two_is_not_taken(check, flag):
    nc = None
    try:
        try:
            await check()
        except (ValueError, KeyError):
            nc = await nats.connect(URL)  # expect: NAQ102@24
            raise
    except ValueError:
        if nc is not None:
            await nc.close()
        raise
    except Exception:
        return
