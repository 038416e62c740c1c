"""Code that closes what an object of another module keeps."""

from app.workers import Watched


async def watch(stop):
    watched = Watched()
    try:
        await watched.loop(stop)
    except OSError:
        await watched.line.close()
