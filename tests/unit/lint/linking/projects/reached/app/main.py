"""A lifespan whose connections another module closes, or does not."""

from contextlib import asynccontextmanager

import nats
from app.bus import Closed, Inside, Open
from app.ending import end


@asynccontextmanager
async def lifespan(app):
    app.state.nc = await nats.connect("url")
    app.state.second = await nats.connect("url")  # expect: NAQ108@30
    yield


async def stop(closed: Closed, inside: Inside, left: Open):
    await end()
    await closed.bus.close()
    await inside.inner.nc.drain()
    print(left.left)
