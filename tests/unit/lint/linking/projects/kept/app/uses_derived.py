"""Connections that objects of derived classes get, and objects that functions make."""

import nats

from app.derived import Ending, Endings, Events, make_endings, make_stores


async def of_a_base(url):
    await Events(await nats.connect(url)).put(b"1")  # expect: NAQ103


async def of_a_closing_base(url):
    ending = Ending(await nats.connect(url))
    await ending.stop()


async def by_a_function(url):
    nc = await nats.connect(url)  # expect: NAQ103
    stores = make_stores(nc)
    await stores.events.put(b"1")


async def further_objects_may_close(url):
    await Endings(await nats.connect(url)).ending.stop()


async def further_objects_of_a_function(url):
    await make_endings(await nats.connect(url)).ending.stop()
