"""Attributes that a method opens by another method, and closes on some ways only: NAQ102."""

import asyncio
import sqlite3

import nats


class Job:
    def __init__(self, url):
        self.url = url
        self.nc = None

    async def connect(self):
        self.nc = await nats.connect(self.url)

    async def close(self):
        if self.nc is not None:
            await self.nc.close()

    async def load(self):
        return await self.nc.request("orders", b"")

    async def leaves_early(self):
        await self.connect()  # expect: NAQ102@15 connection 'self.nc' from 'connect' (line -10) stays open if line +1 raises; call 'await self.close()' in a 'finally'
        found = await self.load()
        if not found:
            return None
        await self.close()
        return found

    async def handles(self):
        try:
            await self.connect()  # expect: NAQ102@19 connection 'self.nc' from 'connect' (line -19) stays open if line +1 raises; call 'await self.close()' in a 'finally'
            await self.load()
            await self.close()
        except TimeoutError as error:
            print(error)

    async def closes(self):
        try:
            await self.connect()
            await self.load()
        finally:
            await self.close()

    async def closes_in_handler(self):
        await self.connect()
        try:
            await self.load()
        except BaseException:
            await self.close()
            raise
        await self.close()

    async def only_opens(self):
        await self.connect()
        return await self.load()

    async def by_another(self):
        await self.connect()
        await self.shut()

    async def shut(self):
        await self.close()


async def main(url):
    job = Job(url)
    await job.leaves_early()
    await job.closes()


class Rows:
    def connect(self):
        self.db = sqlite3.connect("orders")

    def finish(self):
        self.db.close()

    def run(self):
        self.connect()
        found = self.db.execute("SELECT 1").fetchall()
        if found:
            print(found)
            self.finish()

    def later(self, when):
        self.connect()
        when(lambda: self.finish())


Rows().run()


# Silent: other code of the file closes it.
class Closed:
    async def connect(self):
        self.nc = await nats.connect("u")

    async def stop(self):
        await self.nc.close()

    async def run(self):
        await self.connect()
        await self.nc.flush()
        await self.stop()


async def closes(stop):
    closed = Closed()
    try:
        await closed.run()
    finally:
        await closed.stop()


# Silent: other files may make the objects, and close them.
class Exported:
    async def connect(self):
        self.nc = await nats.connect("u")

    async def disconnect(self):
        await self.nc.close()

    async def run(self):
        await self.connect()
        await self.nc.flush()
        await self.disconnect()


# Silent: a block closes it.
class Managed:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        await self.aclose()

    async def connect(self):
        self.nc = await nats.connect("u")

    async def aclose(self):
        await self.nc.close()

    async def run(self):
        await self.connect()
        await self.nc.flush()
        await self.aclose()


async def managed():
    async with Managed() as one:
        await one.run()


# Silent: it may be open already, or opens only on a condition.
class Lazy:
    def __init__(self, wanted):
        self.nc = None
        self.wanted = wanted

    async def ensure(self):
        if self.wanted:
            self.nc = await nats.connect("u")

    async def shutdown(self):
        await self.nc.close()

    async def run(self):
        await self.ensure()
        await self.nc.flush()
        await self.shutdown()


asyncio.run(Lazy(True).run())


class Direct:
    """Closed by the method itself; nothing else can close it, so the class may be for other files."""

    def _open(self, path):
        try:
            self.file = sqlite3.connect(path)
        except sqlite3.Error:
            self.file = sqlite3.connect("other")

    def leaves_early(self, path):
        self._open(path)  # expect: NAQ102@9 connection 'self.file' from '_open' (line -5) stays open if line +1 raises; call 'self.file.close()' in a 'finally'
        rows = self.file.execute("SELECT 1").fetchall()
        if not rows:
            return []
        self.file.close()
        return rows

    def asks_whether_it_is_open(self, path):
        try:
            self._open(path)
            return self.file.execute("SELECT 1").fetchall()
        finally:
            if self.file is not None:
                self.file.close()


class ByPrivateMethods:
    def __init__(self, keep=False):
        self.link = None
        self.keep = keep

    async def _start(self):
        await self._connect()

    async def _connect(self):
        self.link = await nats.connect("u")

    async def _disconnect(self):
        if self.link:
            await self.link.drain()

    async def run(self, keep):
        await self._start()  # expect: NAQ102@15 connection 'self.link' from '_start' (line -7) stays open if line +2 raises; call 'await self._disconnect()' in a 'finally'
        try:
            await self.link.flush()
        except TimeoutError:
            return
        await self._disconnect()

    async def runs_again(self, keep):
        await self._connect()
        await self.link.flush()
        if not keep:
            await self._disconnect()

    async def kept_by_a_setting(self, work):
        await self._connect()
        await work()
        if self.keep:
            return
        await self._disconnect()

    async def asks_for_the_answer(self):
        if await self._connect():
            await self.link.flush()
            await self._disconnect()

    async def in_a_nested_function(self, later):
        await self._connect()
        later(lambda: self._disconnect())
        await self._disconnect()

    async def in_a_loop(self, items):
        for item in items:
            await self._connect()
            if not item:
                continue
            await self._disconnect()


class Derived:
    async def _open(self):
        self.derived = await nats.connect("u")

    async def run(self):
        await self._open()
        await self.derived.flush()
        await self.derived.close()


class Deriving(Derived):
    async def _open(self):
        self.derived = None


class Unknown(nats.Something):
    async def _open(self):
        self.unknown = await nats.connect("u")

    async def run(self):
        await self._open()
        await self.unknown.flush()
        await self.unknown.close()


class GivenOn:
    async def _open(self):
        self.given = await nats.connect("u")

    async def run(self, registry):
        await self._open()
        registry.append(self)
        await self.given.close()


class SetFromOutside:
    def __init__(self, outer):
        self.outer = outer

    async def _open(self):
        self.outer = await nats.connect("u")

    async def run(self):
        await self._open()
        await self.outer.flush()
        await self.outer.drain()


class ClosedByOther:
    async def _open(self):
        self.inner = await nats.connect("u")

    async def run(self):
        await self._open()
        await self.inner.flush()
        await self.inner.close()


async def closes_inner(one: ClosedByOther):
    await one.inner.close()


class StaysOpenForOthers:
    """What `start` leaves open is used by `send`, which it does not call."""

    async def _connect(self):
        self.kept = await nats.connect("u")

    async def _disconnect(self):
        await self.kept.close()

    async def start(self):
        for _ in range(5):
            await self._connect()
            if await self.kept.flush():
                return True
            await self._disconnect()
        return False

    async def starts_once(self):
        await self._connect()
        if await self.kept.flush():
            return True
        await self._disconnect()
        return False

    async def closes_on_every_normal_way(self):
        await self._connect()  # expect: NAQ102@15 connection 'self.kept' from '_connect' (line -21) stays open if line +1 raises; call 'await self._disconnect()' in a 'finally'
        await self.kept.flush()
        await self._disconnect()

    async def reopens(self):
        await self._disconnect()
        await self._connect()

    async def send(self):
        await self.kept.publish("orders", b"1")


class LeavesInALoop:
    async def _connect(self):
        self.turn = await nats.connect("u")

    async def start(self):
        for _ in range(5):
            await self._connect()
            try:
                await self.turn.flush()
                return
            except TimeoutError:
                await self.turn.close()
