"""Where a line both looks something up and calls the connection, the call is what raises."""

import nats


async def subscribe(options):
    nc = await nats.connect(options.url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(options.url) as nc'
    await nc.subscribe(options.subject)
    await nc.close()


async def subscribe_and_say(options):
    try:
        nc = await nats.connect(options.url)  # expect: NAQ102@20 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect(options.url) as nc'
        print(f"connected to {options.url}")
        await nc.subscribe(options.subject)
        await nc.close()
    except OSError as error:
        print(error)


async def again_and_again(options):
    nc = await nats.connect(options.url)  # expect: NAQ102@16 connection 'nc' stays open if line +3 raises; use 'async with await nats.connect(options.url) as nc'
    while options.on:
        try:
            await nc.publish(options.subject, b"")
        except OSError as error:
            print(error)
    await nc.close()
