"""Attributes that `__aenter__` opens by a method, and loses where a later step fails."""

import aiohttp
import nats
from nats.aio.client import Client


class StepByStep:
    def __init__(self, decode):
        self._nc = Client()
        self._decode = decode

    async def __aenter__(self):
        await self._setup()
        return self

    async def __aexit__(self, *exc_info):
        await self.stop()

    async def _setup(self):
        await self.connect()
        await self._subscribe()

    async def connect(self):
        await self._nc.connect("u")  # expect: NAQ102@15 connection 'self._nc' stays open if line +4 raises: '__aenter__' fails then, and '__aexit__' is not called; close it in an 'except BaseException' that raises again
        self._js = self._nc.jetstream()

    async def _subscribe(self):
        self._subscription = await self._js.subscribe(self._decode("a"))

    async def stop(self):
        await self._nc.close()


class InOneStep:
    async def __aenter__(self):
        await self.connect()
        return self

    async def connect(self):
        self.nc = await nats.connect("u")  # expect: NAQ102@25 connection 'self.nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await self.nc.subscribe("a")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


class Behind:
    async def __aenter__(self):
        await self.connect()
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        self.nc = await nats.connect("u")  # expect: NAQ102@25 connection 'self.nc' stays open if line -4 raises: '__aenter__' fails then, and '__aexit__' is not called; close it in an 'except BaseException' that raises again

    async def __aexit__(self, *exc_info):
        await self.nc.close()


# Silent: nothing fails behind it, or a block takes the error.
class Last:
    async def __aenter__(self):
        await self.connect()
        return self

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


class Handled:
    async def __aenter__(self):
        await self.connect()
        try:
            await self.nc.subscribe("a")
        except Exception as error:
            print(error)
        return self

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


# Silent: a step closes it.
class Closes:
    async def __aenter__(self):
        try:
            await self.connect()
            await self.nc.subscribe("a")
        except BaseException:
            await self.stop()
            raise
        return self

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.stop()

    async def stop(self):
        await self.nc.close()


class ClosesBehind:
    async def __aenter__(self):
        await self.connect()
        try:
            await self.nc.subscribe("a")
        except BaseException:
            await self.stop()
            raise
        return self

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.stop()

    async def stop(self):
        await self.nc.close()


# Silent: it is opened on some ways only, or other code has the object.
class OnSomeWays:
    async def __aenter__(self):
        await self.connect()
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        if not self.nc:
            self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


class Registered:
    async def __aenter__(self):
        await self.connect()
        register(self)
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


def register(one):
    REGISTERED.append(one)


REGISTERED = []


# Silent: a base may close it, in a method that is not known.
class OfABase(REGISTERED[0]):
    async def __aenter__(self):
        await self.connect()
        await self.nc.subscribe("a")
        await self.close_all()
        return self

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


class Super(REGISTERED[0]):
    async def __aenter__(self):
        await self.connect()
        await super().__aenter__()
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


# Silent: a class that derives from it has other steps, and other code closes what it has.
class Plain:
    async def __aenter__(self):
        await self.connect()
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


class Derived(Plain):
    async def connect(self):
        self.nc = None


class Reached:
    async def __aenter__(self):
        await self.connect()
        await self.reached.subscribe("a")
        return self

    async def connect(self):
        self.reached = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.reached.close()


async def end(one):
    await one.reached.close()


# Silent: a step closes what has any name.
class Unnamed:
    async def __aenter__(self):
        await self.connect()
        try:
            await self.nc.subscribe("a")
        except OSError:
            await self.end()
            raise
        return self

    async def end(self):
        for one in self.__dict__.values():
            await one.close()

    async def connect(self):
        self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


# The constructor opens it, and a step that uses it fails.
class OpenedByTheConstructor:
    def __init__(self, session=None):
        if session is None:
            self.session = aiohttp.ClientSession()  # expect: NAQ102@28 session 'self.session' stays open if line +9 raises: '__aenter__' fails then, and '__aexit__' is not called; close it in an 'except BaseException' that raises again
        else:
            self.session = session

    async def __aenter__(self):
        await self.login()
        return await self.checked()

    async def login(self):
        answer = await self.session.post("u")
        self.token = await answer.json()

    async def checked(self):
        await self.session.get("u")
        return self

    async def __aexit__(self, *exc_info):
        await self.session.close()


# Silent: leaving the object does not close it, so another method does, also where entering it has failed.
class ClosedByAnotherMethod:
    def __init__(self):
        self.session = aiohttp.ClientSession()

    async def __aenter__(self):
        await self.session.post("login")
        return self

    async def __aexit__(self, *exc_info):
        await self.session.post("logout")

    async def aclose(self):
        await self.session.close()


# Silent: entering it is all that a step does; no step uses it; another method opens it.
class EnteredByAStep:
    def __init__(self):
        self.session = aiohttp.ClientSession()

    async def __aenter__(self):
        await self.session.__aenter__()
        return self

    async def __aexit__(self, *exc_info):
        await self.session.close()


class NotUsedByAStep:
    def __init__(self):
        self.session = aiohttp.ClientSession()

    async def __aenter__(self):
        await self.other.start()
        return self

    async def __aexit__(self, *exc_info):
        await self.session.close()


class OpenedByAnotherMethod:
    async def start(self):
        self.session = aiohttp.ClientSession()

    async def __aenter__(self):
        await self.session.get("u")
        return self

    async def __aexit__(self, *exc_info):
        await self.session.close()


# A step opens it where there is none, and what uses it fails.
class OpenedWhenNeeded:
    def __init__(self, session=None):
        self._session = session

    async def __aenter__(self):
        await self.login()
        return self

    async def __aexit__(self, *exc_info):
        await self.close()

    async def close(self):
        if self._session is not None:
            await self._session.close()

    async def login(self):
        self.token = await self._ask("login")

    async def _get_session(self):
        if self._session is None:
            self._session = aiohttp.ClientSession()  # expect: NAQ102@29 session 'self._session' stays open if line +6 raises: '__aenter__' fails then, and '__aexit__' is not called; close it in an 'except BaseException' that raises again
        return self._session

    async def _ask(self, path):
        session = await self._get_session()
        try:
            async with session.get(path) as answer:
                return await answer.json()
        except aiohttp.ClientError as error:
            raise OSError from error


class OpenedWhenNeededAndUsed:
    nc = None

    def __init__(self):
        self.nc = None

    async def __aenter__(self):
        await self.connect()
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        if not self.nc:
            self.nc = await nats.connect("u")  # expect: NAQ102@29 connection 'self.nc' stays open if line -5 raises: '__aenter__' fails then, and '__aexit__' is not called; close it in an 'except BaseException' that raises again

    async def __aexit__(self, *exc_info):
        await self.nc.close()


# Silent: the constructor may have opened it, or another test decides.
class OpenedByTheConstructorOrAStep:
    def __init__(self, made):
        self.nc = made()

    async def __aenter__(self):
        await self.connect()
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        if not self.nc:
            self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


class OpenedIfItIsToBe:
    def __init__(self):
        self.nc = None

    async def __aenter__(self):
        await self.connect()
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        if self.at_once:
            self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


class OpenedWhereThereIsOne:
    def __init__(self):
        self.nc = None

    async def __aenter__(self):
        await self.connect()
        await self.nc.subscribe("a")
        return self

    async def connect(self):
        if self.nc is not None:
            self.nc = await nats.connect("u")

    async def __aexit__(self, *exc_info):
        await self.nc.close()


# Silent: a name of a method has something else, too.
class UsesAnother:
    def __init__(self):
        self._session = None

    async def __aenter__(self):
        await self.login()
        return self

    async def __aexit__(self, *exc_info):
        await self._session.close()

    async def _get_session(self):
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def login(self):
        session = await self._get_session()
        session = REGISTERED[0]
        async with session.get("u") as answer:
            return answer.status


# Silent: the session that it enters is closed by the block; a block of another object uses nothing.
class EntersAnother:
    def __init__(self):
        self._session = None

    async def __aenter__(self):
        await self.start()
        async with REGISTERED[0].get("u"), self.lock:
            return self

    async def __aexit__(self, *exc_info):
        await self._session.close()

    async def start(self):
        if self._session is None:
            self._session = aiohttp.ClientSession()


# A property gives it to the step that fails.
class UsedByAProperty:
    def __init__(self):
        self._session = aiohttp.ClientSession()  # expect: NAQ102@25 session 'self._session' stays open if line +7 raises: '__aenter__' fails then, and '__aexit__' is not called; close it in an 'except BaseException' that raises again

    @property
    def session(self):
        return self._session

    async def __aenter__(self):
        await self.session.post("login")
        return self

    async def __aexit__(self, *exc_info):
        await self._session.close()
