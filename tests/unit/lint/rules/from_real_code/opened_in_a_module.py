"""Silent: other modules may close the client of a module that is not run as a program."""

import nats

nc = nats.NATS()


async def serve():
    await nc.connect("")
    await nc.subscribe("jobs")
