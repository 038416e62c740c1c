"""None has no close to pass on: nothing comes after it on that path."""

import nats

URL = "nats://localhost"


# Was a false alarm: where it is not its own, the first line raises.
async def passed_on(own, keep):
    nc = None
    if own:
        nc = await nats.connect(URL)
    keep(nc.close)
    nc = await nats.connect(URL)  # expect: NAQ101@16
    if own:
        await nc.close()
