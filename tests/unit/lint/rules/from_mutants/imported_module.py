"""A module that is not a program: other modules may close its client."""

import nats

MODE = "quiet"
nc = nats.NATS()


async def serve():
    await nc.connect("")


if MODE == "loud":
    print(MODE)
