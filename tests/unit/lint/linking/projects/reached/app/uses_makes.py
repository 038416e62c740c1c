"""Closes what one of the objects has."""

from app.makes import make_closed, make_left


async def main(url):
    store = await make_closed(url)
    await store.put(b"1")
    await store._closed_link.close()
    left = await make_left(url)
    await left.put(b"1")
