"""An attribute or a global that one function acquires and releases, and nothing else does, is followed like a name."""
import abc

import nats

connection = None


async def on_a_global(url):
    global connection
    connection = await nats.connect(url)  # expect: NAQ102@24 connection 'connection' stays open if line +1 raises; use 'async with await nats.connect(url) as connection'
    await connection.publish("a", b"")
    await connection.close()


# Of the same name, and not the same.
async def on_an_attribute_of_that_name(app):
    await app.connection.close()


async def on_a_local_of_that_name(pool):
    connection = await pool.take()
    await connection.close()


async def on_another_object(app, url):
    app.state.link = await nats.connect(url)  # expect: NAQ102@28 connection 'app.state.link' stays open if line +1 raises; use 'async with await nats.connect(url) as app.state.link'
    await app.state.link.flush()
    await app.state.link.close()


class OnTheClass:
    _client = None

    @classmethod
    async def run(cls, url):
        cls._client = await nats.connect(url)  # expect: NAQ102@29 connection 'cls._client' stays open if line +1 raises; use 'async with await nats.connect(url) as cls._client'
        await cls._client.publish("a", b"")
        await cls._client.close()


class OnSelf:
    def __init__(self, url):
        self.url = url
        self.nc = None

    async def run(self):
        self.nc = await nats.connect(self.url)  # expect: NAQ102@25 connection 'self.nc' stays open if line +1 raises; use 'async with await nats.connect(self.url) as self.nc'
        await self.send()
        await self.nc.close()

    async def send(self):
        await self.nc.publish("a", b"")


class OnOneLine:
    async def run(self):
        self.nc = await nats.connect(""); await self.nc.flush(); await self.nc.close()  # expect: NAQ102


class WithAKnownMetaclass(metaclass=abc.ABCMeta):
    async def run(self):
        self.nc = await nats.connect("")  # expect: NAQ102
        await self.nc.flush()
        await self.nc.close()


# Silent: the metaclass may add a method that closes it.
class WithAnotherMetaclass(metaclass=Registering):
    async def run(self):
        self.nc = await nats.connect("")
        await self.nc.flush()
        await self.nc.close()


class ConnectedLater:
    async def run(self, url):
        self.nc = nats.NATS()
        await self.nc.connect(url)  # expect: NAQ102@15 connection 'self.nc' stays open if line +1 raises; use 'async with await nats.connect(url) as self.nc'
        await self.nc.flush()
        if self.nc.is_connected:
            await self.nc.close()


class Entered:
    async def __aenter__(self):
        self.nc = await nats.connect("")  # expect: NAQ102@25 connection 'self.nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await self.nc.jetstream().add_stream(name="jobs")
        return self

    async def __aexit__(self, *exc):
        await self.nc.close()


# Silent: closed where that fails.
class EnteredWithCare:
    async def __aenter__(self):
        self.nc = await nats.connect("")
        try:
            await self.nc.jetstream().add_stream(name="jobs")
        except BaseException:
            await self.nc.close()
            raise
        return self

    async def __aexit__(self, *exc):
        await self.nc.close()


# Silent: a method that is called there may close it.
class EnteredWithHelp:
    async def __aenter__(self):
        self.nc = await nats.connect("")
        try:
            await self.nc.flush()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *exc):
        await self.close()

    async def close(self):
        await self.nc.close()


# NAQ108: nothing closes it.
class EnteredAndLeft:
    async def __aenter__(self):
        self.nc = await nats.connect("")  # expect: NAQ108@25 connection 'self.nc' is closed by no method of class 'EnteredAndLeft'; add one that calls 'await self.nc.close()', or use a context manager
        return self

    async def __aexit__(self, *exc):
        self.nc = None


# Silent: every way closes it. A `try/finally` around an attribute that other methods use is not NAQ101 either.
class InAFinally:
    async def run(self, url):
        self.nc = await nats.connect(url)
        try:
            await self.nc.flush()
        finally:
            await self.nc.close()


# Silent: another method closes it as well.
class StopsElsewhere:
    async def run(self, url):
        self.nc = await nats.connect(url)
        await self.nc.flush()
        await self.nc.close()

    async def stop(self):
        await self.nc.close()


# Silent: it is open where the function returns, and any holder of the object may close it.
class KeptIfItWorks:
    async def connect(self, url):
        self.nc = await nats.connect(url)
        if not await self.nc.rtt():
            await self.nc.close()
            return False
        return True


# Silent: the object goes elsewhere, and with it the attribute.
class PassedOn:
    async def run(self, url, watch):
        self.nc = await nats.connect(url)
        watch(self)
        await self.nc.flush()
        await self.nc.close()


# Silent: another name holds it.
class Taken:
    async def run(self, url):
        self.nc = await nats.connect(url)
        await self.nc.flush()
        await self.nc.close()

    def client(self):
        return self.nc


# Silent: the attribute is read by its name.
class ByName:
    async def run(self, url):
        self.by_name = await nats.connect(url)
        await self.by_name.flush()
        await self.by_name.close()


def shut(thing):
    return getattr(thing, "by_name")


# Silent: a base of another file may close it.
class Derived(OnSelf.__class__):
    async def run(self, url):
        self.nc = await nats.connect(url)
        await self.nc.flush()
        await self.nc.close()


class OpensAgain:
    """Each call closes what the call before left open: the object owns it in between."""

    def __init__(self):
        self.nc = None

    async def connect(self, url):
        if self.nc:
            await self.nc.close()
        self.nc = await nats.connect(url)
        await self.nc.flush()


class Answering:
    """A nested function uses the connection while the method runs."""

    async def run(self, url):
        self.line = await nats.connect(url)  # expect: NAQ102@27 connection 'self.line' stays open if line +5 raises; use 'async with await nats.connect(url) as self.line'

        async def answer(msg):
            await self.line.publish(msg.reply, b"")

        await self.line.subscribe("questions", cb=answer)
        await work()
        await self.line.close()


# Silent: where nothing fails the attribute may still hold it, and who reads that later may close it behind an error, too.
class ReadLater:
    async def run(self, url, wanted):
        self.nc = await nats.connect(url)
        await self.nc.flush()
        if self.nc.is_connected:
            return self.nc if wanted else None
        await self.nc.close()
        return None


class Mentioned:
    async def run(self, url, log):
        self.nc = await nats.connect(url)  # expect: NAQ102
        print(self)
        log.info("%s", self)
        await self.nc.flush()
        await self.nc.close()


def on_a_name_of_the_function_around():
    inner = None

    async def opens(url):
        nonlocal inner
        inner = await nats.connect(url)  # expect: NAQ102
        await inner.flush()
        await inner.close()

    return opens


# Silent: another function closes it as well.
async def on_a_shared_global(url):
    global shared
    shared = await nats.connect(url)
    await shared.flush()
    await shared.close()


async def closes_the_shared_global():
    await shared.close()


def closed_by_its_sibling():
    read_there = None

    async def opens(url):
        nonlocal read_there
        read_there = await nats.connect(url)
        await read_there.flush()
        await read_there.close()

    async def stop():
        await read_there.close()

    return opens, stop


def closed_and_set_by_its_sibling():
    set_there = None

    async def opens(url):
        nonlocal set_there
        set_there = await nats.connect(url)
        await set_there.flush()
        await set_there.close()

    async def stop():
        nonlocal set_there
        await set_there.close()
        set_there = None

    return opens, stop


# Silent: the other arm closes what an earlier call has opened.
def switched(app):
    lamp = None

    async def switch(on):
        nonlocal lamp
        if on:
            lamp = await nats.connect(on)
        else:
            await lamp.close()

    app(switch)


class Switched:
    async def switch(self, url):
        if not url:
            await self.lamp.close()
        else:
            self.lamp = await nats.connect(url)

    async def switch_by_steps(self, url):
        if url:
            self.line = await nats.connect(url)
        elif self.line:
            await self.line.close()


class OnBothWays:
    async def run(self, url, other):
        if url:
            self.either = await nats.connect(url)  # expect: NAQ103@33 connection 'self.either' is never closed; use 'async with await nats.connect(url) as self.either'
        else:
            self.either = await nats.connect(other)  # expect: NAQ102@33 connection 'self.either' stays open if line +1 raises; use 'async with await nats.connect(other) as self.either'
            await self.either.flush()
            await self.either.close()


class InALoop:
    async def run(self, steps, url):
        for step in steps:
            if step:
                self.step = await nats.connect(url)  # expect: NAQ102@35 connection 'self.step' stays open when line +0 rebinds it; close it before
            else:
                await self.step.close()


def in_a_loop_of_a_nested_function(app, url):
    turn = None

    async def work(steps):
        nonlocal turn
        for step in steps:
            if step:
                turn = await nats.connect(url)  # expect: NAQ102@30 connection 'turn' stays open when line +0 rebinds it; close it before
            else:
                await turn.close()

    app(work)


# What `__aenter__` calls has no other way out: `__aexit__` is never called.
class OpenedByAnotherMethod:
    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()

    async def open(self):
        self.nc = await nats.connect("")  # expect: NAQ102@25 connection 'self.nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await self.nc.subscribe("a")


class OpenedForAnswer:
    def __init__(self):
        self.nc = None

    def __await__(self):
        return self.open().__await__()

    async def __aenter__(self):
        return await self.open()

    async def __aexit__(self, *exception):
        await self.nc.close()

    async def open(self):
        self.nc = await nats.connect("")  # expect: NAQ102@25
        await self.nc.subscribe("a")
        return self


# Silent: `__aenter__` closes it.
class OpenedInATry:
    async def __aenter__(self):
        try:
            await self.open()
        except BaseException:
            await self.nc.close()
            raise
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()

    async def open(self):
        self.nc = await nats.connect("")
        await self.nc.subscribe("a")


# Silent: a decorator may close it.
class OpenedByADecoratedMethod:
    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()

    @closes_after_errors
    async def open(self):
        self.nc = await nats.connect("")
        await self.nc.subscribe("a")


# Silent: its caller may close the object, which `__aenter__` does not open.
class OpenedByItsCaller:
    async def __aenter__(self):
        self.open
        await asyncio.sleep(1)
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()

    async def open(self):
        self.nc = await nats.connect("")
        await self.nc.subscribe("a")


class OpenedInATryThatTells:
    async def __aenter__(self):
        try:
            await self.open()
        except OSError as error:
            print(error)
            raise
        finally:
            print("done")
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()

    async def open(self):
        self.nc = await nats.connect("")  # expect: NAQ102@25 connection 'self.nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        await self.nc.subscribe("a")


# Silent: the error is taken, and the object is there to be closed.
class OpenedInATryThatGoesOn:
    async def __aenter__(self):
        try:
            await self.open()
        except OSError as error:
            print(error)
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()

    async def open(self):
        self.nc = await nats.connect("")
        await self.nc.subscribe("a")


# Silent: a cleanup of the object closes it.
class OpenedAboveACleanup:
    async def __aenter__(self):
        try:
            await self.open()
        finally:
            await self.tidy()
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()

    async def tidy(self):
        if self.failed:
            await self.nc.close()

    async def open(self):
        self.nc = await nats.connect("")
        await self.nc.subscribe("a")


class GivenByName:
    async def for_a_while(self):
        nc = await nats.connect("")  # expect: NAQ102@20 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect("") as nc'
        self.for_others = nc
        await self.for_others.flush()
        await self.for_others.close()

    async def __aenter__(self):
        nc = await nats.connect("")  # expect: NAQ102@20 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
        self.nc = nc
        await nc.subscribe("a")
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()


# Silent: the name is that of an argument, or gets the value of something else.
class GivenByAnother:
    async def __aenter__(self, given=None):
        self.given = given
        nc = await nats.connect("")
        self.nc = self.given or nc
        return self

    async def __aexit__(self, *exception):
        await self.nc.close()


# Silent: each turn keeps the same connection, which the function closes in the end.
class GivenInALoop:
    async def run(self, items):
        nc = await nats.connect("")
        try:
            for _ in items:
                self.shown = nc
            self.shown = None
            await nc.flush()
        finally:
            print("closing")
            await nc.close()
