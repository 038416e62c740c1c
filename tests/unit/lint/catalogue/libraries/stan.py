"""The client of NATS Streaming, which connect() opens, and which uses a connection that others close."""

import nats
from stan.aio.client import Client as STAN


async def never_closed(nc, value):
    sc = STAN()
    await sc.connect("cluster", "me", nats=nc)  # expect: NAQ103@11 streaming client 'sc' is never closed; call 'await sc.close()' in a 'finally'
    await sc.publish("orders", value)


async def stays_open_on_an_error(nc, value):
    sc = STAN()
    await sc.connect("cluster", "me", nats=nc)  # expect: NAQ102@11 streaming client 'sc' stays open if line +1 raises; call 'await sc.close()' in a 'finally'
    await sc.publish("orders", value)
    await sc.close()


async def by_hand(nc, value):
    sc = STAN()
    await sc.connect("cluster", "me", nats=nc)
    try:
        await sc.publish("orders", value)
    finally:
        await sc.close()


async def over_a_connection_that_is_never_closed(url, value):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    sc = STAN()
    await sc.connect("cluster", "me", nats=nc)
    try:
        await sc.publish("orders", value)
    finally:
        await sc.close()


class NeverCloses:
    async def start(self, url):
        self.__nc = await nats.connect(url)  # expect: NAQ108@27 connection 'self.__nc' is closed by no method of class 'NeverCloses'; add one that calls 'await self.__nc.close()', or use a context manager
        self.__sc = STAN()
        await self.__sc.connect("cluster", "me", nats=self.__nc)  # expect: NAQ108@15 streaming client 'self.__sc' is closed by no method of class 'NeverCloses'; add one that calls 'await self.__sc.close()', or use a context manager

    async def send(self, value):
        await self.__sc.publish("orders", value)
