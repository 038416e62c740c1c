"""Silent: two folders have the module."""

from twice.made import get_client


async def uncertain():
    nc = await get_client()
    await nc.flush()
