"""Silent: the library itself, whose functions the catalogue knows and the project does not declare."""

from nats import errors


async def connect(url):
    return await url.client()


async def ask(url):
    nc = await connect(url)
    return await nc.request("ask", errors.EMPTY)
