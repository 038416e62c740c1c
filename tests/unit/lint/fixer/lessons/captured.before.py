"""A nested function may read the name before it is bound to the connection."""

import nats


async def None_until_then(url, done):
    nc = None

    async def failed(error):
        done.set_result(nc.is_closed)

    nc = await nats.connect(url, error_cb=failed)
    await nc.flush()
    await nc.close()
