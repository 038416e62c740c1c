"""One client object, connected twice: each finding shows its own arguments."""

from nats.aio.client import Client as NATS


async def two_servers(first, second):
    nc = NATS()
    await nc.connect(first, connect_timeout=1)  # expect: NAQ101@11 connection 'nc' is closed by hand; use 'async with nc'
    await nc.close()
    await nc.connect(second, connect_timeout=9)  # expect: NAQ101@11 connection 'nc' is closed by hand; use 'async with nc'
    await nc.close()


async def either(first, second, flag):
    nc = NATS()
    if flag:
        await nc.connect(first)  # expect: NAQ102@15 connection 'nc' stays open if line +3 raises; use 'async with nc'
    else:
        await nc.connect(second)  # expect: NAQ102@15 connection 'nc' stays open if line +1 raises; use 'async with nc'
    await nc.publish("a", b"")
    await nc.close()
