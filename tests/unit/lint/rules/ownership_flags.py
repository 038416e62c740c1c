"""Classes that close only what they have made themselves: a resource that their constructor is given stays open."""

import aiohttp


class Api:
    def __init__(self, client=None):
        self._client = client or aiohttp.ClientSession()
        self._owns_client = client is None

    def get(self, path):
        return self._client.get(path)

    async def close(self):
        if self._owns_client and self._client:
            await self._client.close()


async def get(url):
    client = aiohttp.ClientSession(url)  # expect: NAQ103@14 session 'client' is never closed: 'Api' of line +1 only uses it; use 'async with aiohttp.ClientSession(url) as client'
    api = Api(client)
    try:
        return await api.get("first")
    finally:
        await api.close()


class Orders(Api):
    def __init__(self, url):
        super().__init__(client=aiohttp.ClientSession(url))  # expect: NAQ108@33 session 'self._client' is closed by no method of class 'Orders'; add one that calls 'await self._client.close()', or use a context manager


class Session:
    def __init__(self, session=None):
        if session is None:
            self.session = aiohttp.ClientSession()
            self.made = True
        else:
            self.session = session
            self.made = False

    async def close(self):
        if self.made:
            await self.session.close()


async def with_session(url):
    session = Session(session=aiohttp.ClientSession(url))  # expect: NAQ103
    await session.close()


class Chosen:
    def __init__(self, chosen=None):
        self.chosen = chosen if chosen is not None else aiohttp.ClientSession()
        self.own = not chosen

    async def close(self):
        if self.own:
            await self.chosen.close()


async def with_chosen(url):
    chosen = Chosen(aiohttp.ClientSession(url))  # expect: NAQ103
    await chosen.close()


# Silent from here on.
class Always:
    def __init__(self, always=None):
        self.always = always or aiohttp.ClientSession()
        self.own = always is None

    async def stop(self):
        if self.own:
            await self.always.close()
        await self.always.close()


async def with_always(url):
    await Always(aiohttp.ClientSession(url)).stop()


class Adopting:
    def __init__(self, adopted=None):
        self.adopted = adopted or aiohttp.ClientSession()
        self.own = adopted is None

    def adopt(self):
        self.own = True

    async def stop(self):
        if self.own:
            await self.adopted.close()


async def with_adopting(url):
    await Adopting(aiohttp.ClientSession(url)).stop()


class OfAnother:
    def __init__(self, lent=None, name=None):
        self.lent = lent or aiohttp.ClientSession()
        self.own = name is None

    async def stop(self):
        if self.own:
            await self.lent.close()


async def with_another(url):
    await OfAnother(aiohttp.ClientSession(url)).stop()


class OnlyGiven:
    def __init__(self, given=None):
        self.given = given or aiohttp.ClientSession()
        self.own = given is not None

    async def stop(self):
        if self.own:
            await self.given.close()


async def with_given(url):
    await OnlyGiven(aiohttp.ClientSession(url)).stop()


class Either:
    def __init__(self, either=None):
        self.either = either or aiohttp.ClientSession()
        self.own = either is None

    async def stop(self):
        if self.own or self.either:
            await self.either.close()


async def with_either(url):
    await Either(aiohttp.ClientSession(url)).stop()


class Otherwise:
    def __init__(self, otherwise=None):
        self.otherwise = otherwise or aiohttp.ClientSession()
        self.own = otherwise is None

    async def stop(self):
        if self.own:
            return
        else:
            await self.otherwise.close()


async def with_otherwise(url):
    await Otherwise(aiohttp.ClientSession(url)).stop()


class OfAnotherToo:
    def __init__(self, borrowed=None, name=None):
        self.borrowed = borrowed or aiohttp.ClientSession()
        self.own = not name

    async def stop(self):
        if self.own:
            await self.borrowed.close()


async def with_another_too(url):
    await OfAnotherToo(aiohttp.ClientSession(url)).stop()


class Second:
    def __init__(self, second, name):
        self.second = name or second


async def with_second(url, name):
    Second(aiohttp.ClientSession(url), name)
