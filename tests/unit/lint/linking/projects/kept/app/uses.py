"""Connections that objects of another module get."""

import nats

from app import stores
from app.given import Given
from app.missing import Missing
from app.stores import Closing, ClosingRecord, Decorated, Entered, Handing, Record, Store


async def never_closed(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'Store' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    store = Store(nc)
    await store.put(b"1")


async def by_its_module(url):
    await stores.Store(await nats.connect(url)).put(b"1")  # expect: NAQ103@30 connection is never closed: 'stores.Store' of line +0 only uses it; use 'async with await nats.connect(url) as nc'


async def given_on(url):
    given = Given(await nats.connect(url))  # expect: NAQ103@25 connection is never closed: 'Given' of line +0 only uses it; use 'async with await nats.connect(url) as nc'
    await given.put(b"1")


async def closing(url):
    closing = Closing(await nats.connect(url))
    await closing.put(b"1")


async def entered(url):
    await Entered(await nats.connect(url)).put(b"1")


async def not_found(url):
    await Missing(await nats.connect(url)).put(b"1")


async def handing(url, registry):
    handing = Handing(await nats.connect(url), registry)
    await handing.put(b"1")


async def in_a_data_class(url):
    record = Record(Store(await nats.connect(url)))  # expect: NAQ103
    await record.put(b"1")


async def in_a_data_class_that_closes(url):
    record = ClosingRecord(Store(await nats.connect(url)))
    await record.stop()


async def in_a_class_of_an_unknown_decorator(url):
    decorated = Decorated(Store(await nats.connect(url)))
    print(decorated)
