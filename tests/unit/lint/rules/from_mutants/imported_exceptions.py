"""An exception class from another module may be any exception."""

from app import MyError

import nats

URL = "nats://localhost"


async def handled_as_an_exception(ok):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        if not ok:
            raise MyError
    except Exception:
        await nc.close()
        raise
    await nc.close()


async def handled_by_name(ok):
    nc = await nats.connect(URL)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(URL) as nc'
    try:
        if not ok:
            raise MyError
    except MyError:
        await nc.close()
        raise
    await nc.close()
