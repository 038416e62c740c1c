"""A helper that looks the close up by its name may call it."""

import inspect

import nats

URL = "nats://localhost"


async def close(connection):
    closing = getattr(connection, "close", None)
    if closing is None:
        return
    result = closing()
    if inspect.isawaitable(result):
        await result


# Was a false alarm: never closed.
async def closed_by_the_helper(work):
    connection = await nats.connect(URL)
    try:
        await work(connection.jetstream())
    finally:
        await close(connection)


async def here(work):
    nc = await nats.connect(URL)
    closing = getattr(nc, "drain")
    await work(nc.jetstream())
    await closing()


async def asks_for_something_else(work):
    nc = await nats.connect(URL)  # expect: NAQ103
    print(getattr(nc, "connected_url", None))
    await work(nc.jetstream())
