"""A client that has not connected is not a connection that is handed on."""

from nats.aio.client import Client

URL = "nats://localhost"


# Was silence: the handler returns a client that never connected.
async def returned_where_it_fails(work):
    nc = Client()
    try:
        await nc.connect(URL)  # expect: NAQ102@15 connection 'nc' stays open if line +3 raises; use 'async with nc'
    except OSError:
        return nc
    await work()
    await nc.close()
    return None


async def stored_before(self):
    nc = Client()
    self.nc = nc
    await nc.connect(URL)
    if self.ready:
        return
    await nc.close()


# NAQ102, as what comes before the hand-off may fail.
async def returned_later(work):
    nc = Client()
    await nc.connect(URL)  # expect: NAQ102@11 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    if await work():
        return nc
    await nc.close()
    return None
