"""Handed on elsewhere: then only normal ways out are held against it, and what is rebound where all ends raise is none."""

import nats

URL = "nats://localhost"


# Was a false alarm: the handler that rebinds it only raises from there on.
async def in_a_handler(work):
    nc = await nats.connect(URL)
    try:
        await work()
    except KeyError:
        try:
            nc = await nats.connect(URL)  # expect: NAQ101@24
        except Exception:
            await nc.close()
            return None
        await nc.close()
        raise
    return nc


async def straight(work, flag):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +5 raises, before it is handed on; close it in an 'except BaseException' that raises again
    if flag:
        nc = await nats.connect(URL)  # expect: NAQ101@20
        await nc.close()
        raise ValueError
    if await work():
        await nc.close()
        return None
    return nc


async def and_goes_on(work):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open when line +6 rebinds it; use 'async with await nats.connect(URL) as nc'
    try:
        if await work():
            await nc.close()
            return None
    except KeyError:
        nc = await nats.connect(URL)  # expect: NAQ101@20
        await nc.close()
    return nc


async def and_raises_into_a_handler(work, flag):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open when line +3 rebinds it; use 'async with await nats.connect(URL) as nc'
    try:
        if flag:
            nc = await nats.connect(URL)  # expect: NAQ101@24
            await nc.close()
            raise ValueError
        if await work():
            await nc.close()
            return None
    except ValueError:
        return None
    return nc


# Was a false alarm: the finally, which the raise goes through, is also on the way of a return.
async def through_a_finally(work, flag):
    nc = await nats.connect(URL)
    try:
        if flag:
            nc = await nats.connect(URL)  # expect: NAQ101@24
            raise ValueError
        if await work():
            return nc
        await work()
        return None
    finally:
        if not flag:
            await nc.publish("a", b"")
        await nc.close()


# Was a false alarm: the finally ends in a raise whatever came to it.
async def into_a_finally_that_raises(work, flag):
    nc = await nats.connect(URL)
    try:
        if flag:
            nc = await nats.connect(URL)  # expect: NAQ101@24
            await nc.close()
            return None
        if await work():
            return nc
        await nc.close()
        return None
    finally:
        raise ValueError


# Was a false alarm: the handler of KeyError, from which it could return, does not take what goes on as a ValueError.
async def past_a_handler_of_another_error(work, keep):
    nc = await nats.connect(URL)
    try:
        try:
            try:
                await work()
            except ValueError:
                nc = await nats.connect(URL)
                raise
        except KeyError:
            await nc.close()
    finally:
        keep(nc.close)
