# settings: {"catalogues": ["aiohttp"]}
"""Classes that open what they are not given, and close it: who makes an object without it has to close the object."""

from aiohttp import ClientSession


class Either:
    def __init__(self, url, session=None):
        self.url = url
        self._owns = session is None
        self._session = session or ClientSession()

    async def get(self):
        return await self._session.get(self.url)

    async def close(self):
        if self._owns:
            await self._session.close()


class ByChoice:
    def __init__(self, *, session=None):
        self._chosen = session if session is not None else ClientSession()

    async def get(self):
        return await self._chosen.get("u")

    async def close(self):
        await self._chosen.close()


class ByStatement:
    def __init__(self, session=None):
        if session is None:
            session = ClientSession()
        self._stated = session

    async def get(self):
        return await self._stated.get("u")

    async def close(self):
        await self._stated.close()


class ByTwoStatements:
    def __init__(self, session=None):
        if session:
            self._twice = session
        else:
            self._twice = ClientSession()

    async def get(self):
        return await self._twice.get("u")

    async def close(self):
        await self._twice.close()


class AndSays:
    def __init__(self, session=None):
        if session is None:
            print("making a session")
            session = ClientSession()
        else:
            print("taking a session")
        self._said = session

    async def get(self):
        return await self._said.get("u")

    async def close(self):
        await self._said.close()


async def made():
    said = AndSays()  # expect: NAQ114
    print(await said.get())
    one = Either("u")  # expect: NAQ114
    print(await one.get())
    two = ByChoice()  # expect: NAQ114
    print(await two.get())
    three = ByStatement()  # expect: NAQ114
    print(await three.get())
    four = ByTwoStatements()  # expect: NAQ114
    print(await four.get())


async def made_with_nothing():
    one = Either("u", None)  # expect: NAQ114
    print(await one.get())
    two = ByChoice(session=None)  # expect: NAQ114
    print(await two.get())


async def closed_on_one_way():
    one = Either("u")  # expect: NAQ114
    print(await one.get())
    await one.close()


# Silent: the object gets a session, or may get one.
async def given(session, options, arguments):
    one = Either("u", session)
    print(await one.get())
    two = ByChoice(session=session)
    print(await two.get())
    three = ByStatement(**options)
    print(await three.get())
    four = ByTwoStatements(*arguments)
    print(await four.get())


async def closed():
    one = Either("u")
    try:
        print(await one.get())
    finally:
        await one.close()


# Silent: something else decides.
class BySetting:
    def __init__(self, session=None, lazy=False):
        self._set = session if lazy else ClientSession()

    async def get(self):
        return await self._set.get("u")

    async def close(self):
        await self._set.close()


class Changed:
    def __init__(self, session=None):
        session = session or find("session")
        self._changed = session or ClientSession()

    async def get(self):
        return await self._changed.get("u")

    async def close(self):
        await self._changed.close()


class OfAnother:
    def __init__(self, session=None, other=None):
        self._other = session if other else ClientSession()

    async def get(self):
        return await self._other.get("u")

    async def close(self):
        await self._other.close()


class OtherName:
    def __init__(self, session=None):
        if session is None:
            found = ClientSession()
            self._found = found
        else:
            self._found = find("session")

    async def get(self):
        return await self._found.get("u")

    async def close(self):
        await self._found.close()


class InAnother:
    def __init__(self, session=None):
        if session is None:
            self._another = ClientSession()
        else:
            self._session = session

    async def get(self):
        return await self._another.get("u")

    async def close(self):
        await self._another.close()


class Global:
    def __init__(self):
        self._global = shared or ClientSession()

    async def get(self):
        return await self._global.get("u")

    async def close(self):
        await self._global.close()


shared = find("session")


async def not_known():
    one = BySetting()
    print(await one.get())
    two = Changed()
    print(await two.get())
    three = Global()
    print(await three.get())
    four = OfAnother()
    print(await four.get())
    five = OtherName()
    print(await five.get())
    six = InAnother(1)
    print(await six.get())
