"""Below `src`."""

import nats


async def get_client():
    return await nats.connect("u")
