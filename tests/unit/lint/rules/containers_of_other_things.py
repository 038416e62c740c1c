"""Silent: these functions return neither a container of new connections alone nor an object that only keeps them.

One of them is told to use a block for what it closes by hand.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import Any, NamedTuple

import nats


async def of_two_kinds(url, address):
    opened = []
    opened.append(await nats.connect(url))
    opened.append(socket.create_connection(address))
    return opened


async def a_given_one_at_times(urls, given):
    if given:
        return given
    return [await nats.connect(url) for url in urls]


async def all_of(urls):
    return [await nats.connect(url) for url in urls]


def a_coroutine(urls):
    return all_of(urls)


async def pairs_of_streams(hosts):
    return [await asyncio.open_connection(host, 4222) for host in hosts]


async def pair(url):
    nc = await nats.connect(url)
    return nc, nc.jetstream()


async def pairs(urls):
    return [await pair(url) for url in urls]


async def lists(groups):
    return [await all_of(urls) for urls in groups]


async def wanted(url):
    if url is None:
        return None
    return await nats.connect(url)


async def some_are_none(urls):
    return [await wanted(url) for url in urls]


async def a_name_with_two_values(urls, given):
    clients = []
    for url in urls:
        clients.append(await nats.connect(url))
    for clients in given:
        break
    return clients


async def an_item_with_two_values(urls, given):
    clients = []
    for url in urls:
        nc = await nats.connect(url)
        for nc in given:
            break
        clients.append(nc)
    return clients


async def kept_elsewhere(urls, keep):
    clients = []
    for url in urls:
        nc = await nats.connect(url)
        keep(nc)
        clients.append(nc)
    return clients


async def closed_already(urls):
    clients = []
    for url in urls:
        nc = await nats.connect(url)  # expect: NAQ101@20 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
        await nc.close()
        clients.append(nc)
    return clients


async def uses_containers(urls, given):
    aa = await of_two_kinds(urls[0], given)
    print(len(aa))
    bb = await a_given_one_at_times(urls, given)
    print(len(bb))
    cc = a_coroutine(urls)
    print(len(cc))
    dd = await pairs_of_streams(urls)
    print(len(dd))
    ee = await pairs(urls)
    print(len(ee))
    ff = await lists(urls)
    print(len(ff))
    gg = await some_are_none(urls)
    print(len(gg))
    hh = await a_name_with_two_values(urls, given)
    print(len(hh))
    ii = await an_item_with_two_values(urls, given)
    print(len(ii))
    jj = await kept_elsewhere(urls, given)
    print(len(jj))
    kk = await closed_already(urls)
    print(len(kk))


@dataclass
class Kept:
    name: Any
    nc: Any = None


class Counting(type):
    pass


class Counted(metaclass=Counting):
    def __init__(self, nc):
        self.nc = nc


def registered(one):
    return one


@registered
class Registered(NamedTuple):
    nc: Any


class Twice:
    def __init__(self, nc):
        self.client = nc
        self.nc = nc


class Last:
    def __init__(self, first, nc):
        self.nc = first
        self.nc = nc


async def at_an_unknown_place(given):
    return Kept(*given, await nats.connect())


async def counted():
    return Counted(await nats.connect())


async def decorated():
    return Registered(await nats.connect())


async def twice():
    return Twice(await nats.connect())


async def last(given):
    return Last(await nats.connect(), given)


async def uses_objects(given):
    unknown = await at_an_unknown_place(given)
    await unknown.name.flush()
    known = await counted()
    await known.nc.flush()
    record = await decorated()
    await record.nc.flush()
    both = await twice()
    await both.client.close()
    lost = await last(given)
    await lost.nc.flush()
