"""What only ever is None has nothing to close; a name that is bound in some other way may have."""

import nats


async def nothing_to_close(url):
    nc = other = None
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    try:
        await other.close()
    except Exception:
        print("no other")
    await nc.close()


async def bound_by_an_import(url):
    nc = other = None
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +4 is cancelled; use 'async with await nats.connect(url) as nc'
    try:
        from app import other

        await other.close()
    except Exception:
        print("no other")
    await nc.close()


async def bound_by_a_nested_function(url, start):
    nc = other = None

    async def opened(value):
        nonlocal other
        other = value

    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    await start(opened)
    try:
        await other.close()
    except Exception:
        print("no other")
    await nc.close()
