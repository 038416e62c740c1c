"""A release whose name may be unbound."""

import nats

URL = "nats://localhost"


async def in_the_finally():
    try:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
        await nc.publish("a", b"b")
    finally:
        await nc.close()  # expect: NAQ104@15 'nc' is unbound here if its acquisition failed, and the UnboundLocalError hides why; acquire it before the try


async def in_a_handler():
    try:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
        await nc.publish("a", b"b")
        await nc.close()
    except BaseException:
        await nc.close()  # expect: NAQ104@15 'nc' is unbound here if its acquisition failed, and the UnboundLocalError hides why; acquire it before the try
        raise


# Silent: bound before, or asked for.
async def none_first():
    nc = None
    try:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
        await nc.publish("a", b"b")
    finally:
        if nc:
            await nc.close()


async def asked_for():
    try:
        nc = await nats.connect(URL)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
        await nc.publish("a", b"b")
    finally:
        if "nc" in locals():
            await nc.close()
