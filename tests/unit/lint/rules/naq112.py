# settings: {"select": ["NAQ112"]}
"""Closing methods: a step before the release may raise."""

import asyncio
import contextlib

import nats


class Feed:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.sub = await self.nc.subscribe("a")
        self.subs = []
        self.task = asyncio.create_task(self.run())

    async def stop(self):
        await self.sub.unsubscribe()
        await self.nc.close()  # expect: NAQ112


class InATry(Feed):
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def swallowed(self):
        try:
            await self.sub.unsubscribe()
            await self.nc.close()  # expect: NAQ112
        except Exception:
            pass


class InALoop:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        for sub in self.subs:
            await sub.unsubscribe()
        if self.nc:
            await self.nc.drain()  # expect: NAQ112
            await self.nc.close()


class OfATask:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.task = asyncio.create_task(self.run())

    async def stop(self):
        self.task.cancel()
        await self.task
        await self.nc.close()  # expect: NAQ112


class ByAnotherMethod:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        await self.leave()
        await self.nc.close()  # expect: NAQ112

    async def leave(self):
        await self.leave_all()

    async def leave_all(self):
        for sub in self.subs:
            await sub.unsubscribe()


# Silent: the other method takes what is raised, or closes the connection as well.
class ByACarefulMethod:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        await self.leave()
        await self.again()
        await self.nc.close()

    async def leave(self):
        try:
            await self.sub.unsubscribe()
        except Exception as error:
            print(error)

    async def again(self):
        await self.again()


class ByAMethodThatCloses:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        await self.leave()
        await self.nc.close()

    async def leave(self):
        try:
            await self.sub.unsubscribe()
        finally:
            await self.nc.close()


# Silent: the release is reached.
class Careful:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def in_a_finally(self):
        try:
            await self.sub.unsubscribe()
        finally:
            await self.nc.close()

    async def caught(self):
        try:
            await self.sub.unsubscribe()
        except Exception as error:
            print(error)
        await self.nc.close()

    async def in_a_block(self):
        async with self.lock:
            await self.sub.unsubscribe()
        await self.nc.close()  # expect: NAQ112

    async def suppressed(self):
        with contextlib.suppress(Exception):
            await self.sub.unsubscribe()
        await self.nc.close()

    async def closed_by_the_handler(self):
        try:
            await self.sub.unsubscribe()
            await self.nc.close()
        except Exception:
            await self.nc.close()

    async def other_steps(self):
        self.task.cancel()
        print("bye")
        await asyncio.sleep(1)
        await self.done.wait()
        await self.told()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.nc.close()

    async def task_that_was_not_cancelled(self):
        await self.task
        await self.nc.close()

    async def nested(self):
        async def later():
            await self.sub.unsubscribe()

        self.later = later
        await self.nc.close()


class RaisedAgain:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def stop(self):
        try:
            await self.sub.unsubscribe()
        except Exception:
            print("no")
            raise
        await self.nc.close()  # expect: NAQ112


class Other:
    async def start(self, url):
        self.nc = await nats.connect(url)

    async def opens_again(self, url):
        await self.sub.unsubscribe()
        await self.nc.close()
        self.nc = await nats.connect(url)
