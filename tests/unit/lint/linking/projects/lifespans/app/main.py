"""The lifespan of an application opens objects of a class of another module."""

from contextlib import asynccontextmanager

from app.bus import Bus

never_closed = Bus()
reached_into = Bus()


@asynccontextmanager
async def lifespan(app):
    app.state.bus = Bus()
    await app.state.bus.connect("url")  # expect: NAQ114@11 Bus 'app.state.bus' opens a connection (app/bus.py:13) and is closed by no code behind the 'yield' of 'lifespan'; call 'await app.state.bus.close()' in a 'finally' there
    await never_closed.connect("url")  # expect: NAQ114@11
    await reached_into.connect("url")
    yield
    await reached_into.nc.drain()
