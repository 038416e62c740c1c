"""A finding that is gone because the analysis hit its state limit is not fixed."""

import nats


async def subject(url, own):
    if own:
        nc = await nats.connect(url)  # left: it is acquired under the condition on line N and released on line N
    try:
        try:
            nc = await nats.connect(url)
            url += own
            await nc.drain()
        finally:
            nc = await nats.connect(url)  # left: 'subject' has too many paths to verify this fix
            url += own
            await nc.drain()
    finally:
        await nc.drain()  # left: it is acquired under the condition on line N and released on line N
