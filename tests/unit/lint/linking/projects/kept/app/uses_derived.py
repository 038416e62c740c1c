"""Connections that objects of derived classes get, and objects that functions make."""

import nats

from app.derived import Ending, Endings, Events, make_endings, make_stores
from app.stores import messages


async def of_a_base(url):
    await Events(await nats.connect(url)).put(b"1")  # expect: NAQ103@24 connection is never closed: 'Events' of line +0 only uses it; use 'async with await nats.connect(url) as nc'


async def of_a_closing_base(url):
    ending = Ending(await nats.connect(url))
    await ending.stop()


async def by_a_function(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'make_stores' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    stores = make_stores(nc)
    await stores.events.put(b"1")


async def further_objects_may_close(url):
    await Endings(await nats.connect(url)).ending.stop()


async def further_objects_of_a_function(url):
    await make_endings(await nats.connect(url)).ending.stop()


async def used_by_a_generator(url):
    return messages(await nats.connect(url))  # expect: NAQ103@27 connection is never closed; close it in a 'finally' of 'messages', which goes on using it
