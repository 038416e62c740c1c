"""What is stored inside a block is there for others while the block waits, however it waits."""

import asyncio

import nats

URL = "nats://localhost"


class Service:
    async def until_stopped(self):
        async with await nats.connect(URL) as nc:
            self.nc = nc
            while not self.stopping:
                await asyncio.sleep(1)

    async def if_asked(self, stop):
        async with await nats.connect(URL) as nc:
            self.nc = nc
            if stop is not None:
                await stop.wait()

    async def for_each(self, jobs):
        async with await nats.connect(URL) as nc:
            self.nc = nc
            async for job in jobs:
                print(job)

    async def lifespan(self):
        async with await nats.connect(URL) as nc:
            self.nc = nc
            yield

    async def does_not_wait(self, names):
        async with await nats.connect(URL) as nc:
            self.nc = nc  # expect: NAQ106@13 connection 'nc' is stored to outlive the block that closes it; keep its use inside the block, or let the caller enter the manager
            for name in names:
                print(name)

    async def waits_before(self, stop):
        async with await nats.connect(URL) as nc:
            if stop is not None:
                await stop.wait()
            self.nc = nc  # expect: NAQ106@13 connection 'nc' is stored to outlive the block that closes it; keep its use inside the block, or let the caller enter the manager

    async def another_function_waits(self, stop):
        async with await nats.connect(URL) as nc:
            self.nc = nc  # expect: NAQ106@13 connection 'nc' is stored to outlive the block that closes it; keep its use inside the block, or let the caller enter the manager
            if stop is not None:

                async def wait():
                    await stop.wait()

                self.wait = wait
