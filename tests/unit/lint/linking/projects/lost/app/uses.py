"""What makes an object of a class of another module, and loses it where a method of the object fails."""

import nats

from app.storage import Storage


async def main(url, serve):
    nc = await nats.connect(url)  # expect: NAQ102
    storage = await Storage(nc=nc).create()
    await serve(storage)


async def with_a_name(url, serve):
    nc = await nats.connect(url)  # expect: NAQ102
    storage = Storage(nc)
    await storage.create()
    await serve(storage)


# Silent: the method closes it.
async def with_care(url, serve):
    nc = await nats.connect(url)
    storage = await Storage(nc).create_with_care()
    await serve(storage)
