"""Attributes that a method closes only where another attribute is set, behind what may fail."""

import asyncio
import socket

import httpx
import nats
from nats.aio.client import Client
from tenacity import retry


class HandlesFailures:
    def __init__(self, handler):
        self.nc = Client()
        self.handler = handler
        self.connected = False

    async def start(self):
        try:
            await self.nc.connect("u")  # expect: NAQ102@19 connection 'self.nc' stays open if line +1 raises: 'stop' then finds 'self.connected' not set; close it in an 'except BaseException' that raises again
            await self.nc.subscribe("a", cb=self.handler)
            self.connected = True
        except Exception as error:
            print(error)

    async def stop(self):
        if self.connected:
            await self.nc.drain()
            await self.nc.close()


class Returns:
    def __init__(self):
        self._nc = None
        self._sub = None

    async def stop(self):
        if not self._nc:
            return
        if not self._sub:
            return
        await self._sub.unsubscribe()
        await self._nc.close()

    async def run(self):
        if not self._nc:
            self._nc = await nats.connect("u")  # expect: NAQ102@30 connection 'self._nc' stays open if line +1 raises: 'stop' then finds 'self._sub' not set; close it in an 'except BaseException' that raises again
        self._sub = await self._nc.subscribe("a")


class InClassBody:
    ready = None

    async def start(self):
        self.nc = await nats.connect("u")  # expect: NAQ102@25
        await self.nc.jetstream().add_stream(name="a")
        self.ready = asyncio.get_running_loop().create_task(self.work())

    async def work(self):
        await self.nc.publish("a", b"")

    async def stop(self):
        if self.nc is not None and self.ready is not None:
            await self.nc.close()

    async def kill(self):
        if self.ready is None or self.nc is None:
            return
        self.ready = None
        await self.nc.close()


class Blocking:
    def __init__(self):
        self.sock = None
        self.connected = False

    def open(self):
        self.sock = socket.create_connection(("host", 80))  # expect: NAQ102@21
        self.sock.sendall(b"hello")
        self.connected = True

    def close(self):
        if self.connected:
            self.sock.close()


# Silent: nothing between the two may fail.
class AtOnce:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.nc = await nats.connect("u")
        self.js = self.nc.jetstream()
        self.connected = True
        await self.nc.subscribe("a")

    async def stop(self):
        if self.connected:
            await self.nc.close()


# Silent: the step behind it is what opens it, and the method is called again where it fails.
class Entered:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.http = httpx.AsyncClient()
        await self.http.__aenter__()
        self.connected = True

    async def stop(self):
        if self.connected:
            await self.http.aclose()


class TriedAgain:
    def __init__(self):
        self.nc = Client()
        self.connected = False

    @retry
    async def start(self):
        await self.nc.connect("u")
        await self.nc.subscribe("a")
        self.connected = True

    async def stop(self):
        if self.connected:
            await self.nc.close()


# Silent: another method closes it in any case, or the same one does.
class OtherCloser:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")
        self.connected = True

    async def stop(self):
        if self.connected:
            await self.nc.drain()

    async def kill(self):
        await self.nc.close()


class ClosesItself:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.nc = await nats.connect("u")
        try:
            await self.nc.subscribe("a")
        except BaseException:
            await self.nc.close()
            raise
        self.connected = True

    async def stop(self):
        if self.connected:
            await self.nc.close()


# Silent: the flag is set in other places, too, or by others, or is not known to be unset.
class SetByCallback:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.nc = await nats.connect("u", reconnected_cb=self.again)
        await self.nc.subscribe("a")
        self.connected = True

    async def again(self):
        self.connected = True

    async def stop(self):
        if self.connected:
            await self.nc.close()


class SetByOthers:
    def __init__(self):
        self.told = False

    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")
        self.told = True

    async def stop(self):
        if self.told:
            await self.nc.close()


def tell(one):
    one.told = True


class SetAtFirst:
    def __init__(self, enabled):
        self.enabled = enabled

    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")
        self.enabled = True

    async def stop(self):
        if self.enabled:
            await self.nc.close()


class NeverUnset:
    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")
        self.started = True

    async def stop(self):
        if self.started:
            await self.nc.close()


# Silent: the flag is set in any case.
class Swallowed:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.nc = await nats.connect("u")
        try:
            await self.nc.subscribe("a")
        except Exception as error:
            print(error)
        self.connected = True

    async def stop(self):
        if self.connected:
            await self.nc.close()


# Silent: the flag is set before, and in another branch.
class Before:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.connected = True
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")

    async def stop(self):
        if self.connected:
            await self.nc.close()


class OtherBranch:
    def __init__(self):
        self.nc = None
        self.connected = False

    async def start(self):
        if self.nc is None:
            self.nc = await nats.connect("u")
            self.connected = True
        else:
            await self.nc.subscribe("a")

    async def stop(self):
        if self.connected:
            await self.nc.close()


# Silent: the next turn connects the same client again.
class InALoop:
    def __init__(self):
        self.nc = Client()
        self.connected = False

    async def start(self):
        while not self.connected:
            try:
                await self.nc.connect("u")
                await self.nc.subscribe("a")
                self.connected = True
            except Exception as error:
                print(error)

    async def stop(self):
        if self.connected:
            await self.nc.close()


# Silent: the closing method does not need the flag, and asks for the connection alone.
class Either:
    def __init__(self):
        self.connected = False
        self.nc = None

    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")
        self.connected = True

    async def stop(self):
        if self.connected or self.nc:
            await self.nc.close()


class Alone:
    def __init__(self):
        self.nc = None

    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")

    async def stop(self):
        if self.nc:
            await self.nc.close()


# Silent: other code of the file closes it through the object, and so does a class that derives from it.
class Reached:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.reached = await nats.connect("u")
        await self.reached.subscribe("a")
        self.connected = True

    async def stop(self):
        if self.connected:
            await self.reached.close()


async def end(one):
    await one.reached.close()


class Base:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")
        self.connected = True

    async def stop(self):
        if self.connected:
            await self.nc.close()


class Derived(Base):
    async def stop(self):
        await self.nc.close()


# Silent: the method returns early only where another question is answered, too.
class AskedTwice:
    def __init__(self):
        self.connected = False

    async def start(self):
        self.nc = await nats.connect("u")
        await self.nc.subscribe("a")
        self.connected = True

    async def stop(self, at_once):
        if at_once:
            if not self.connected:
                return
        await self.nc.close()
