"""The file beside this one is meant, and not the library."""

import nats


async def of_the_file():
    client = await nats.connect("u")
    print(client)
