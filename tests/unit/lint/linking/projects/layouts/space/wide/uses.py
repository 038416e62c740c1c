"""Modules of folders between this one and the project, and by the name of the project's own folder."""

from deep.clients import get_client

from layouts.space.deep.clients import get_client as of_the_project


async def from_the_folder_above():
    nc = await get_client()  # expect: NAQ103@16 connection 'nc' from 'get_client' (clients.py:7) is never closed; use 'async with await get_client() as nc'
    await nc.publish("a", b"")


async def by_the_name_of_the_project():
    nc = await of_the_project()  # expect: NAQ103@16 connection 'nc' from 'get_client' (clients.py:7) is never closed; use 'async with await of_the_project() as nc'
    await nc.publish("a", b"")
