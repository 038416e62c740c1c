"""Containers of connections that other functions of the file get: NAQ103 and NAQ108."""

import nats


async def only_read(urls):
    found = []
    for url in urls:
        found.append(await nats.connect(url))  # expect: NAQ103@28 connections in 'found' are never closed; close each in a 'finally', as in 'await item.close()'
    await report(found)


async def only_read_as_a_dictionary(urls):
    found = {}
    for url in urls:
        found[url] = await nats.connect(url)  # expect: NAQ103@28 connections in 'found' are never closed; close each in a 'finally', as in 'await item.close()'
    await report_all(by_url=found)


async def closed(urls):
    found = []
    for url in urls:
        found.append(await nats.connect(url))
    await close_all(found)


async def kept(urls, registry):
    found = []
    for url in urls:
        found.append(await nats.connect(url))
    keep(found, registry)


async def passed_on(urls):
    found = []
    for url in urls:
        found.append(await nats.connect(url))  # expect: NAQ103@28 connections in 'found' are never closed; close each in a 'finally', as in 'await item.close()'
    await passes(found)


async def passed_on_and_closed(urls):
    found = []
    for url in urls:
        found.append(await nats.connect(url))
    await passes_to_close(found)


async def given_to_unknown(urls, work):
    found = []
    for url in urls:
        found.append(await nats.connect(url))
    await work(found)


async def yielded(urls):
    found = []
    for url in urls:
        found.append(await nats.connect(url))
    return items(found)


async def replaced(urls):
    found = []
    for url in urls:
        found.append(await nats.connect(url))
    await replaces(found)


async def report(clients):
    for nc in clients:
        await nc.publish("orders", b"1")


async def report_all(by_url):
    for url, nc in by_url.items():
        await nc.publish(url, b"1")


async def close_all(clients):
    for nc in clients:
        await nc.close()


def keep(clients, registry):
    registry.kept = clients


async def passes(clients):
    await report(clients)


async def passes_to_close(clients):
    await close_all(clients)


def items(clients):
    for nc in clients:
        yield nc


async def replaces(clients):
    clients = list(clients)
    for nc in clients:
        await nc.flush()


def wrapped(function):
    return function


@wrapped
async def decorated(clients):
    for nc in clients:
        await nc.flush()


async def given_to_a_decorated_function(urls):
    found = []
    for url in urls:
        found.append(await nats.connect(url))
    await decorated(found)


class Pool:
    def __init__(self):
        self.clients = {}

    async def add(self, url):
        self.clients[url] = await nats.connect(url)  # expect: NAQ108@35 connections in 'self.clients' are closed by no method of class 'Pool'; add one that closes each, as in 'await item.close()'
        await self.report(self.clients)

    async def report(self, clients):
        for nc in clients.values():
            await nc.publish("orders", b"1")

    async def in_a_function(self, urls):
        found = {}
        for url in urls:
            found[url] = await nats.connect(url)  # expect: NAQ103@32 connections in 'found' are never closed; close each in a 'finally', as in 'await item.close()'
        await self.report(found)
