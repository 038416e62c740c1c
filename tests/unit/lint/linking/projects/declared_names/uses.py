# settings: {"resource": [{"name": "bus", "acquire": ["space.app.bus.client.Bus.create", "space.app.bus.client.open_bus"], "acquired-by": ["await"], "release-methods": ["await close"]}], "catalogues": ["all"]}
"""What the project declares by the name of its definition is known by the package that gives it on, too."""

from space.app.bus import Bus, Other, open_bus
from space.app.bus.client import Bus as Defined
from space.app.compat import connect


async def by_package():
    bus = await Bus.create()  # expect: NAQ103
    await bus.publish()


async def by_module():
    bus = await Defined.create()  # expect: NAQ103
    await bus.publish()


async def by_function():
    bus = await open_bus()  # expect: NAQ103
    await bus.publish()


# Silent: it is not declared.
async def not_declared():
    other = await Other.create()
    await other.publish()


# A library's name, which another module of the project gives on, means the library's.
async def of_a_library():
    nc = await connect()  # expect: NAQ103
    await nc.execute("")
