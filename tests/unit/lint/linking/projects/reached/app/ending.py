"""Closes what the application has."""

APPS = []


async def end():
    nc = APPS[0].state.nc
    await nc.close()
