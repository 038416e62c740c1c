"""An attribute that the method which has opened what it holds sets to None, or opens again on the next turn of a loop."""
import asyncio
import socket

import aiohttp
import nats
import websockets


class Bus:
    def __init__(self):
        self.nc = None

    async def connect(self, url):
        try:
            self.nc = await nats.connect(url)  # expect: NAQ102@29 connection 'self.nc' stays open when line +3 rebinds it; close it before
            await self.nc.jetstream().account_info()
        except Exception:
            self.nc = None

    async def close(self):
        await self.nc.close()


class ConnectsItsClient:
    async def connect(self, url):
        self.nc = nats.NATS()
        try:
            await self.nc.connect(url)  # expect: NAQ102@19 connection 'self.nc' stays open when line +3 rebinds it; close it before
            await self.nc.subscribe("jobs")
        except Exception:
            self.nc = None
            raise

    async def close(self):
        await self.nc.close()


class Server:
    """The second socket takes the place of the first."""

    def __init__(self, address):
        try:
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)  # expect: NAQ102@27 socket 'self.socket' stays open when line +3 rebinds it; close it before
            self.socket.bind(address)
        except Exception:
            self.socket = None
        if self.socket is None:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def close(self):
        self.socket.close()


class Retries:
    async def connect(self, url):
        for _ in range(3):
            try:
                self.nc = await nats.connect(url)  # expect: NAQ102@33 connection 'self.nc' stays open when line +0 rebinds it; close it before
                await self.nc.jetstream().account_info()
                return
            except Exception:
                await asyncio.sleep(1)

    async def close(self):
        await self.nc.close()


# NAQ108 and NAQ114 know these attributes as all others.
class NeverCloses:
    async def connect(self, url):
        try:
            self.nc = await nats.connect(url)  # expect: NAQ108@29 connection 'self.nc' is closed by no method of class 'NeverCloses'; add one that calls 'await self.nc.close()', or use a context manager
            await self.nc.flush()
        except Exception:
            self.nc = None


async def send(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (line -65) and is never closed; call 'await bus.close()' in a 'finally'


# Silent: only where the connection could not be made.
class FailsToConnect:
    async def connect(self, url):
        try:
            self.nc = await nats.connect(url)
        except Exception:
            self.nc = None

    async def close(self):
        await self.nc.close()


# Silent: closed before, by itself, by a method that it calls, or under another name.
class ClosesBefore:
    async def connect(self, url):
        try:
            self.nc = await nats.connect(url)
            await self.nc.flush()
        except Exception:
            if self.nc:
                await self.nc.close()
            self.nc = None

    async def close(self):
        await self.nc.close()


class CallsWhatCloses:
    async def connect(self, url):
        try:
            self.nc = await nats.connect(url)
            await self.nc.flush()
        except Exception:
            await self.give_up()
            self.nc = None

    async def give_up(self):
        await self.close()

    async def close(self):
        await self.nc.close()


class TakesItBefore:
    async def connect(self, url):
        try:
            self.nc = await nats.connect(url)
            await self.nc.flush()
        except Exception:
            nc, self.nc = self.nc, None
            await nc.close()

    async def close(self):
        await self.nc.close()


# Silent: it is set to None before the connection is made.
class OpensAgain:
    async def connect(self, url):
        if self.nc is not None:
            await self.nc.close()
            self.nc = None
        self.nc = await nats.connect(url)
        await self.nc.flush()

    async def close(self):
        await self.nc.close()


# Silent: a base of another file may close it.
class Derived(socket.SocketType):
    async def connect(self, url):
        try:
            self.nc = await nats.connect(url)
            await self.nc.flush()
        except Exception:
            super().give_up()
            self.nc = None


# Silent: closed on each turn, opened once, or closed by a method that is called.
class ClosesFirst:
    async def connect(self, url):
        while True:
            try:
                if self.nc is not None:
                    await self.nc.close()
                self.nc = await nats.connect(url)
                await self.nc.jetstream().account_info()
                return
            except Exception:
                await asyncio.sleep(1)

    async def close(self):
        await self.nc.close()


class OnlyConnects:
    async def connect(self, url):
        while True:
            try:
                self.nc = await nats.connect(url)
                break
            except Exception:
                await asyncio.sleep(1)
        await self.nc.flush()

    async def close(self):
        await self.nc.close()


class Runs:
    async def run(self, url):
        while True:
            self.nc = await nats.connect(url)
            await self.work()

    async def work(self):
        await self.close()

    async def close(self):
        await self.nc.close()


# Silent: the other side has closed it by then, or the connection says that it is closed.
class ReadsToTheEnd:
    async def run(self, url):
        while True:
            self.socket = await websockets.connect(url)
            async for message in self.socket:
                print(message)

    async def close(self):
        await self.socket.close()


class Receives:
    async def run(self, url):
        while True:
            try:
                self.socket = await websockets.connect(url)
                print(await self.socket.recv())
            except Exception:
                await asyncio.sleep(1)

    async def close(self):
        await self.socket.close()


class ReceivesInAMethod:
    async def run(self, url):
        while True:
            try:
                self.socket = await websockets.connect(url)
                await self.work()
            except Exception:
                await asyncio.sleep(1)

    async def work(self):
        print(await self.socket.recv())

    async def close(self):
        await self.socket.close()


class IsToldOfTheEnd:
    async def run(self, url):
        while True:
            try:
                self.socket = await websockets.connect(url)
                print(await self.socket.recv())
            except websockets.ConnectionClosed:
                self.socket = None

    async def close(self):
        await self.socket.close()


class IsCalledBack:
    async def run(self, url):
        while True:
            self.nc = await nats.connect(url, closed_cb=self.again)
            await self.event.wait()

    async def again(self):
        self.event.set()

    async def close(self):
        await self.nc.close()


# Silent: the session closes it.
class OfASession:
    async def run(self, url):
        self.session = aiohttp.ClientSession()
        while True:
            self.socket = await self.session.ws_connect(url)
            print(await self.socket.receive())

    async def close(self):
        await self.session.close()


class TellsOfItsRetries:
    def __init__(self, told):
        self.told = told

    async def connect(self, url):
        while True:
            try:
                self.nc = await nats.connect(url)  # expect: NAQ102@33 connection 'self.nc' stays open when line +0 rebinds it; close it before
                await self.set_up()
                return
            except Exception as error:
                self.told(error)
                await asyncio.sleep(1)

    async def set_up(self):
        await self.nc.jetstream().add_stream(name="jobs")

    async def close(self):
        await self.nc.close()


# Silent: what it is given may close the connection, by its name, or is not known.
class IsGivenACloser:
    def __init__(self, disconnected):
        self.disconnected = disconnected

    async def connect(self, url):
        while True:
            try:
                self.nc = await nats.connect(url)
                await self.nc.flush()
                return
            except Exception as error:
                await self.disconnected(error)

    async def close(self):
        await self.nc.close()


class CallsWhatItIsNotGiven:
    def __init__(self, tell):
        self.tell = make(tell)

    async def connect(self, url):
        while True:
            try:
                self.nc = await nats.connect(url)
                await self.nc.flush()
                return
            except Exception as error:
                self.tell(error)

    async def close(self):
        await self.nc.close()


# Silent: the method that it calls takes the connection, or handles its own errors.
class SetsUpWithCare:
    async def connect(self, url):
        for _ in range(3):
            self.nc = await nats.connect(url)
            if await self.set_up():
                return

    async def set_up(self):
        try:
            await self.nc.flush()
        except Exception:
            await self.close()
            return False
        return True

    async def close(self):
        await self.nc.close()
