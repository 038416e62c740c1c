"""Loaded by its name: imports nothing."""


async def unload(service):
    await service.my_named.link.close()
