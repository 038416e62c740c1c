"""Makes connections inside containers and objects."""

import asyncio
from dataclasses import dataclass
from typing import Any, NamedTuple

import nats
from app.records import Record, Twice


async def open_all(urls):
    return [await nats.connect(url) for url in urls]


async def open_named(urls):
    clients = {}
    for name, url in urls.items():
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await nc.flush()
        clients[name] = nc
    return clients


async def open_at_once(urls):
    return await asyncio.gather(*(nats.connect(url) for url in urls))


async def open_or_close(urls):
    clients = []
    try:
        for url in urls:
            clients.append(await nats.connect(url))
    except BaseException:
        for nc in clients:
            await nc.close()
        raise
    return clients


async def open_both(url):
    return {"source": await nats.connect(url), "sink": await nats.connect(url)}


async def open_again(urls):
    return await open_all(urls)


async def open_shared(urls, known):
    clients = []
    for url in urls:
        clients.append(await nats.connect(url))
    known.append(clients)
    return clients


async def open_some(urls, given):
    clients = [given]
    for url in urls:
        clients.append(await nats.connect(url))
    return clients


@dataclass
class Clients:
    nc: Any
    js: Any
    name: str = ""


class Pair(NamedTuple):
    source: Any
    sink: Any


class Plain:
    def __init__(self, nc, name):
        self.nc = nc
        self.name = name


@dataclass
class Closing:
    nc: Any

    async def close(self):
        await self.nc.close()


async def open_clients(url):
    nc = await nats.connect(url)
    return Clients(nc, js=nc.jetstream())


async def open_pair(one, other):
    return Pair(await nats.connect(one), await nats.connect(other))


async def open_plain(url):
    return Plain(await nats.connect(url), "main")


async def open_closing(url):
    return Closing(await nats.connect(url))


async def open_given(url, nc):
    if nc is None:
        nc = await nats.connect(url)
    return Clients(nc, nc.jetstream())


async def open_record(url):
    return Record(await nats.connect(url), name="main")


async def open_kept_elsewhere(url, keep):
    nc = await nats.connect(url)
    keep(nc)
    return Clients(nc, nc.jetstream())


async def open_or_nothing(urls):
    if not urls:
        return []
    return [await nats.connect(url) for url in urls]


async def open_with_others(urls, clients):
    return [await nats.connect(url) for url in urls] + clients


async def open_and_lend(urls, work):
    clients = [await nats.connect(url) for url in urls]

    def look():
        return clients

    work(look)
    return clients


async def open_now_and_then(urls, again):
    clients = []
    for url in urls:
        clients.append(await nats.connect(url) if again else None)
    return clients


async def open_twice(url):
    return Twice(await nats.connect(url))
