"""Sessions, connectors and WebSockets of aiohttp."""

import asyncio

import aiohttp


async def never_closed(url):
    session = aiohttp.ClientSession()  # expect: NAQ103@15 session 'session' is never closed; use 'async with aiohttp.ClientSession() as session'
    async with session.get(url) as response:
        return await response.text()


async def stays_open_on_an_error(url):
    session = aiohttp.ClientSession()  # expect: NAQ102@15 session 'session' stays open if line +1 raises; use 'async with aiohttp.ClientSession() as session'
    async with session.get(url) as response:
        text = await response.text()
    await session.close()
    return text


async def close_is_not_awaited(url):
    session = aiohttp.ClientSession()
    try:
        return await session.get(url)
    finally:
        session.close()  # expect: NAQ109@9 'session.close()' is not awaited, so nothing is closed; use 'await session.close()'


async def in_a_block(url):
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.json()


async def the_session_closes_its_connector(url):
    connector = aiohttp.TCPConnector(limit=5)
    async with aiohttp.ClientSession(connector=connector) as session:
        return await session.get(url)


async def a_connector_alone():
    connector = aiohttp.TCPConnector(limit=5)  # expect: NAQ103@17 connector 'connector' is never closed; use 'async with aiohttp.TCPConnector(limit=5) as connector'
    print(connector.limit)


async def socket_of_a_parameter(session: aiohttp.ClientSession, url):
    ws = await session.ws_connect(url)  # expect: NAQ103@16 WebSocket 'ws' is never closed; use 'async with session.ws_connect(url) as ws'
    await ws.send_str("hello")


async def socket_that_an_error_leaves_open(session: aiohttp.ClientSession, url):
    ws = await session.ws_connect(url)  # expect: NAQ102@16 WebSocket 'ws' stays open if line +1 raises; use 'async with session.ws_connect(url) as ws'
    await ws.send_str("hello")
    await ws.close()


async def socket_of_an_own_session(url):
    async with aiohttp.ClientSession() as session:
        ws = await session.ws_connect(url)
        await ws.send_str("hello")


class Feed:
    """The session closes the socket."""

    async def start(self, url):
        self.session = aiohttp.ClientSession()
        self.socket = await self.session.ws_connect(url)

    async def stop(self):
        await self.session.close()


async def socket_in_a_block(session: aiohttp.ClientSession, url):
    async with session.ws_connect(url) as ws:
        await ws.send_str("hello")


class Api:
    def __init__(self):
        self.session = aiohttp.ClientSession()  # expect: NAQ108@24 session 'self.session' is closed by no method of class 'Api'; add one that calls 'await self.session.close()', or use a context manager

    async def get(self, url):
        return await self.session.get(url)


class Closed:
    async def start(self):
        self.session = aiohttp.ClientSession()

    async def stop(self):
        await self.session.close()


async def session_over_a_connector_of_other_code(connector, url):
    session = aiohttp.ClientSession(connector=connector, connector_owner=False)
    async with session.get(url) as response:
        return await response.text()


async def opened_within_a_time(session: aiohttp.ClientSession, url):
    ws = await asyncio.wait_for(session.ws_connect(url), timeout=5)  # expect: NAQ102@33 WebSocket 'ws' stays open if line +1 raises; use 'async with ws'
    await ws.receive()
    await ws.close()


class WithOptions:
    def __init__(self, **options):
        self.session = aiohttp.ClientSession(**options)  # expect: NAQ108

    async def get(self, url):
        async with self.session.get(url) as response:
            return await response.text()
