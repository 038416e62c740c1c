"""Silent: the function reaches into the object."""

import nats

from app.stores import Store


async def closes(url):
    store = Store(await nats.connect(url))
    try:
        await store.put(b"1")
    finally:
        await store.nc.close()
