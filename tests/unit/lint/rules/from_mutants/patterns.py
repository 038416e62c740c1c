"""A `case` that takes everything that is left."""

import nats

URL = "nats://localhost"


async def or_pattern_that_takes_all(x):
    try:
        match x:
            case int() | _:
                nc = await nats.connect(URL)  # expect: NAQ101@28 connection 'nc' is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(await nats.connect(URL))' in the block of an 'AsyncExitStack'
    finally:
        await nc.close()  # expect: NAQ104@15 'nc' is unbound here if its acquisition failed, and the UnboundLocalError hides why; acquire it before the try


async def or_pattern_that_does_not(x):
    nc = await nats.connect(URL)  # expect: NAQ102@16 connection 'nc' stays open if line +1 returns; use 'async with await nats.connect(URL) as nc'
    match x:
        case int() | str():
            await nc.close()
