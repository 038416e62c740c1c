"""In a namespace package: no folder has an `__init__.py`."""

from space.deep.clients import get_client
from space.deep import clients
from .deep.clients import get_client as relative


async def absolute():
    nc = await get_client()  # expect: NAQ103
    await nc.flush()


async def by_the_module():
    nc = await clients.get_client()  # expect: NAQ103
    await nc.flush()


async def by_a_relative_import():
    nc = await relative()  # expect: NAQ103
    await nc.flush()
