"""Containers whose items a function closes in the end, and containers that are filled by what is gathered."""

import asyncio
import sqlite3
import unittest
from contextlib import suppress

import nats
import pytest
from anyio import move_on_after
from elsewhere import keep


async def comprehension(urls):
    clients = [await nats.connect(url) for url in urls]  # expect: NAQ102@22 connections in 'clients' stay open if line +3 raises; close each in a 'finally', as in 'await item.close()'
    await asyncio.sleep(1)
    for client in clients:
        await client.publish("a", b"")
    for client in clients:
        await client.drain()
        await client.close()


async def appended(urls):
    clients = []
    for url in urls:
        clients.append(await nats.connect(url))  # expect: NAQ102@30 connections in 'clients' stay open if line +1 raises; close each in a 'finally', as in 'await item.close()'
    await keep()
    for client in clients:
        await client.close()


async def lost_earlier(urls):
    clients = []
    for url in urls:
        client = await nats.connect(url)
        await client.flush()
        clients.append(client)
    await clients[0].flush()
    for one in clients:
        await one.close()


async def by_keys(urls):
    clients = {}
    for url in urls:
        clients[url] = await nats.connect(url)  # expect: NAQ102@30 connections in 'clients' stay open if line +1 raises; close each in a 'finally', as in 'await item.close()'
    await clients["a"].flush()
    await asyncio.gather(*(client.close() for client in clients.values()))


async def gathered(urls):
    clients = await asyncio.gather(*(nats.connect(url) for url in urls))  # expect: NAQ102@38 connections in 'clients' stay open if line +1 raises; close each in a 'finally', as in 'await item.close()'
    await clients[0].flush()
    await asyncio.gather(*[client.close() for client in clients], return_exceptions=True)


async def closed_by_a_comprehension(urls):
    clients = await asyncio.gather(*[nats.connect(url) for url in urls])  # expect: NAQ102@38 connections in 'clients' stay open if line +1 raises; close each in a 'finally', as in 'await item.close()'
    await clients[0].flush()
    [await client.close() for client in clients]


def without_waiting(paths):
    connections = [sqlite3.connect(path) for path in paths]  # expect: NAQ102@20 connections in 'connections' stay open if line +2 raises; close each in a 'finally', as in 'item.close()'
    for connection in connections:
        connection.execute("DELETE FROM orders")
    for connection in connections:
        connection.close()


async def in_a_branch(urls):
    if urls:
        clients = [await nats.connect(url) for url in urls]  # expect: NAQ102@26 connections in 'clients' stay open if line +1 raises; close each in a 'finally', as in 'await item.close()'
        await clients[0].flush()
        for client in clients:
            await client.close()


async def gathered_and_never_closed(urls):
    clients = await asyncio.gather(*(nats.connect(url) for url in urls))  # expect: NAQ103@38 connections in 'clients' are never closed; close each in a 'finally', as in 'await item.close()'
    for client in clients:
        await client.publish("a", b"")


# Silent: nothing between the two raises.
async def closed_at_once(urls):
    clients = [await nats.connect(url) for url in urls]
    await asyncio.sleep(1)
    print(len(clients))
    for client in clients:
        await client.close()


async def waits_for_an_event(urls, stop):
    clients = [await nats.connect(url) for url in urls]
    await stop.wait()
    for client in clients:
        await client.close()


# Silent: what raises is taken, or the items are closed then.
async def in_a_finally(urls):
    clients = [await nats.connect(url) for url in urls]
    try:
        await clients[0].flush()
    finally:
        for client in clients:
            await client.close()


async def filled_in_the_try(urls):
    clients = []
    try:
        for url in urls:
            clients.append(await nats.connect(url))
        await clients[0].flush()
    finally:
        for client in clients:
            await client.close()


async def error_is_taken(urls):
    clients = [await nats.connect(url) for url in urls]
    try:
        await clients[0].flush()
    except TimeoutError:
        pass
    with suppress(TimeoutError):
        await clients[0].flush()
    with pytest.raises(TimeoutError):
        await clients[0].flush()
    with move_on_after(1):
        await clients[0].flush()
    for client in clients:
        await client.close()


class ErrorIsTaken(unittest.IsolatedAsyncioTestCase):
    async def test_error(self, urls):
        clients = [await nats.connect(url) for url in urls]
        with self.assertRaises(TimeoutError):
            await clients[0].flush()
        for client in clients:
            await client.close()


async def error_is_taken_by_groups(urls):
    clients = [await nats.connect(url) for url in urls]
    try:
        await clients[0].flush()
    except* TimeoutError:
        pass
    for client in clients:
        await client.close()


# The word alone takes no error.
async def error_is_named(urls, trace):
    clients = [await nats.connect(url) for url in urls]  # expect: NAQ102@22 connections in 'clients' stay open if line +2 raises; close each in a 'finally', as in 'await item.close()'
    with trace("raises"):
        await clients[0].flush()
    for client in clients:
        await client.close()


async def closed_twice(urls):
    clients = [await nats.connect(url) for url in urls]
    try:
        await keep()
    except TimeoutError:
        for client in clients:
            await client.close()
        raise
    await clients[0].flush()
    for client in clients:
        await client.close()


# Silent: other code may close the items.
async def given_away(urls):
    clients = [await nats.connect(url) for url in urls]
    keep(clients)
    await clients[0].flush()
    for client in clients:
        await client.close()


async def given_away_one_by_one(urls):
    clients = [await nats.connect(url) for url in urls]
    for client in clients:
        await keep(client)
    for client in clients:
        await client.close()


async def filled_by_others_too(urls, others):
    clients = [await nats.connect(url) for url in urls]
    clients = clients or others
    await clients[0].flush()
    for client in clients:
        await client.close()


async def some_are_closed(urls):
    clients = [await nats.connect(url) for url in urls]
    await clients[0].flush()
    for client in clients:
        if client.is_connected:
            await client.close()


async def some_are_closed_by_a_comprehension(urls):
    clients = [await nats.connect(url) for url in urls]
    await clients[0].flush()
    [await client.close() for client in clients if client.is_connected]


async def another_list(urls, others):
    clients = [await nats.connect(url) for url in urls]
    if others:
        clients = others
    await clients[0].flush()
    for client in clients:
        await client.close()


async def gathered_and_returned(urls):
    clients = await asyncio.gather(*(nats.connect(url) for url in urls))
    await clients[0].flush()
    return clients


async def other_things(urls):
    answers = await asyncio.gather(*(keep(url) for url in urls))
    await keep()
    for answer in answers:
        await answer.close()


async def generator(urls):
    clients = [await nats.connect(url) for url in urls]
    for client in clients:
        yield client.is_connected
    await clients[0].flush()
    for client in clients:
        await client.close()


def replaced_in_a_test(urls, monkeypatch):
    monkeypatch.setattr(sqlite3, "connect", keep)
    connections = [sqlite3.connect(url) for url in urls]
    for connection in connections:
        connection.execute("DELETE FROM orders")
    for connection in connections:
        connection.close()


async def told_of_each(urls):
    clients = [await nats.connect(url) for url in urls]  # expect: NAQ102@22 connections in 'clients' stay open if line +1 raises; close each in a 'finally', as in 'await item.close()'
    await keep()
    for client in clients:
        await client.close()
        print("closed")
