"""Gets containers and objects with connections from functions of another module."""

import asyncio

from app.pools import (
    open_again,
    open_all,
    open_and_lend,
    open_at_once,
    open_both,
    open_clients,
    open_closing,
    open_given,
    open_kept_elsewhere,
    open_named,
    open_now_and_then,
    open_or_close,
    open_or_nothing,
    open_pair,
    open_plain,
    open_record,
    open_shared,
    open_some,
    open_twice,
    open_with_others,
)


async def list_read(urls):
    clients = await open_all(urls)  # expect: NAQ103@21 connections in 'clients' from 'open_all' (app/pools.py:12) are never closed; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    for nc in clients:
        await nc.publish("orders", b"1")


async def dropped(urls):
    await open_all(urls)  # expect: NAQ103@11 connections from 'open_all' (app/pools.py:12) are never closed; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'


async def indexed(urls):
    clients = await open_again(urls)  # expect: NAQ103@21 connections in 'clients' from 'open_again' (app/pools.py:45) are never closed; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    await clients[0].publish("orders", b"1")


async def gathered(urls):
    clients = await open_at_once(urls)  # expect: NAQ103@21 connections in 'clients' from 'open_at_once' (app/pools.py:25) are never closed; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    await asyncio.gather(*(nc.publish("orders", b"1") for nc in clients))


async def dictionary(urls):
    clients = await open_named(urls)  # expect: NAQ103@21 connections in 'clients' from 'open_named' (app/pools.py:18) are never closed; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    for name, nc in clients.items():
        await nc.publish(name, b"1")


async def dictionary_values(urls):
    clients: dict[str, object] = await open_both(urls)  # expect: NAQ103@40 connections in 'clients' from 'open_both' (app/pools.py:41) are never closed; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    for nc in clients.values():
        await nc.publish("orders", b"1")


async def closes_where_it_fails(urls):
    clients = await open_or_close(urls)  # expect: NAQ103@21 connections in 'clients' from 'open_or_close' (app/pools.py:32) are never closed; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    print(len(clients))


async def field(url):
    clients = await open_clients(url)  # expect: NAQ103@21 connection 'clients.nc' from 'open_clients' (app/pools.py:90) is never closed; call 'await clients.nc.close()' in a 'finally'
    await clients.js.publish("orders", b"1")


async def named_tuple(url):
    pair = await open_pair(url, url)  # expect: NAQ103@18 connections 'pair.source' and 'pair.sink' from 'open_pair' (app/pools.py:95) are never closed; call 'await pair.source.close()' and 'await pair.sink.close()' in a 'finally'
    await pair.source.publish("orders", b"1")


async def plain(url):
    plain = await open_plain(url)  # expect: NAQ103@19 connection 'plain.nc' from 'open_plain' (app/pools.py:99) is never closed; call 'await plain.nc.close()' in a 'finally'
    await plain.nc.publish(plain.name, b"1")


async def record(url):
    record = await open_record(url)  # expect: NAQ103@20 connection 'record.nc' from 'open_record' (app/pools.py:113) is never closed; call 'await record.nc.close()' in a 'finally'
    await record.nc.publish(record.name, b"1")


async def perhaps_empty(urls):
    clients = await open_or_nothing(urls)  # expect: NAQ103@21 connections in 'clients' from 'open_or_nothing' (app/pools.py:125) are never closed; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    for nc in clients:
        await nc.publish("orders", b"1")


async def never_awaited(urls):
    open_all(urls)  # expect: NAQ109@5 'open_all(...)' is not awaited, so nothing is opened; use 'await open_all(...)'


# Silent: they are closed.
async def closed(urls):
    clients = await open_all(urls)
    for nc in clients:
        await nc.close()


async def closed_at_once(urls):
    clients = await open_all(urls)
    await asyncio.gather(*(nc.close() for nc in clients))


async def closed_by_method(urls):
    clients = await open_all(urls)
    await asyncio.gather(*map(shut, clients))


async def closed_values(urls):
    clients = await open_named(urls)
    for nc in clients.values():
        await nc.drain()


async def closed_one(urls):
    clients = await open_all(urls)
    await clients[0].close()


async def closed_inside(urls):
    clients = await open_all(urls)
    for nc in clients:
        await nc._transport.close()


async def closed_field(url):
    clients = await open_clients(url)
    await clients.nc.close()


async def entered_field(url):
    clients = await open_clients(url)
    async with clients.nc:
        await clients.js.publish("orders", b"1")


async def taken_out(url):
    clients = await open_clients(url)
    nc = clients.nc
    await nc.close()


async def unpacked(url):
    source, sink = await open_pair(url, url)
    await source.close()
    await sink.close()


async def replaced(url):
    pair = await open_pair(url, url)
    await pair._asdict()["source"].close()


# Silent: other code gets them.
async def shut(nc):
    await nc.close()


async def passed(urls, keep):
    keep(await open_all(urls))
    clients = await open_all(urls)
    keep(clients)


async def returned(urls):
    return await open_all(urls)


async def returned_object(url):
    clients = await open_clients(url)
    return clients


async def stored(self, urls):
    self.clients = await open_all(urls)


async def item_kept(urls, keep):
    clients = await open_all(urls)
    for nc in clients:
        keep(nc)


async def nested(urls):
    clients = await open_all(urls)

    async def stop():
        for nc in clients:
            await nc.close()

    return stop


async def rebound(urls):
    clients = await open_all(urls)
    clients = [*clients, None]
    print(len(clients))


async def shared(urls):
    global clients
    clients = await open_all(urls)
    print(len(clients))


# Silent: what they hold may be held elsewhere, or is closed by the object.
async def uncertain(urls, known, nc):
    first = await open_shared(urls, known)
    print(len(first))
    second = await open_some(urls, nc)
    print(len(second))
    third = await open_closing(urls)
    print(third.nc.is_closed)
    fourth = await open_given(urls, nc)
    await fourth.js.publish("orders", b"1")
    fifth = await open_kept_elsewhere(urls, known.append)
    await fifth.js.publish("orders", b"1")
    sixth = await open_with_others(urls, known)
    print(len(sixth))
    seventh = await open_and_lend(urls, known.append)
    print(len(seventh))
    ninth = await open_twice(urls)
    await ninth.nc.flush()
    eighth = await open_now_and_then(urls, known)
    print(len(eighth))


# Closed on some paths only.
async def closed_late(urls):
    clients = await open_all(urls)  # expect: NAQ102@21 connections in 'clients' from 'open_all' (app/pools.py:12) stay open if line +1 raises; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    await clients[0].publish("orders", b"1")
    for nc in clients:
        await nc.close()


async def closed_field_late(url):
    clients = await open_clients(url)  # expect: NAQ102@21 connection 'clients.nc' from 'open_clients' (app/pools.py:90) stays open if line +1 raises; call 'await clients.nc.close()' in a 'finally'
    await clients.js.publish("orders", b"1")
    await clients.nc.drain()


async def closed_if_asked(urls, stop):
    clients = await open_all(urls)  # expect: NAQ102@21 connections in 'clients' from 'open_all' (app/pools.py:12) stay open if line +1 returns; close each in a 'finally', as in 'await item.close()', or use an 'AsyncExitStack'
    if stop:
        await asyncio.gather(*(nc.close() for nc in clients))


# Silent: they are closed on each path.
async def closed_in_finally(urls):
    clients = await open_all(urls)
    try:
        await clients[0].publish("orders", b"1")
    finally:
        await asyncio.gather(*(nc.close() for nc in clients))


async def opened_in_try(urls):
    try:
        clients = await open_all(urls)
        await clients[0].publish("orders", b"1")
    finally:
        for nc in clients:
            try:
                await nc.close()
            except OSError:
                pass


async def closed_fields_in_finally(url):
    pair = await open_pair(url, url)
    try:
        await pair.source.publish("orders", b"1")
    finally:
        await pair.source.close()
        await pair.sink.close()


async def closed_each_round(groups):
    for urls in groups:
        clients = await open_all(urls)
        try:
            for nc in clients:
                await nc.publish("orders", b"1")
        finally:
            for nc in clients:
                await nc.close()


async def registered(urls, stack):
    clients = await open_all(urls)
    for nc in clients:
        stack.push_async_callback(nc.close)
