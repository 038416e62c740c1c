"""A function makes an object around a connection and returns it only if no method of the object fails."""
import asyncio

import nats
from elsewhere import Base, give_up


class Bus:
    def __init__(self, nc, bucket):
        self._nc = nc
        self._bucket = bucket

    @classmethod
    async def connect(cls, url):
        nc = await nats.connect(url)  # expect: NAQ102@20 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
        bus = cls(nc, "jobs")
        await bus._prepare()
        return bus

    # Silent: the function closes it where that fails.
    @classmethod
    async def connect_with_care(cls, url):
        nc = await nats.connect(url)
        bus = cls(nc, "jobs")
        try:
            await bus._prepare()
        except BaseException:
            await bus.close()
            raise
        return bus

    # Silent: the method closes it, or the one that it calls.
    @classmethod
    async def connect_carefully(cls, url):
        nc = await nats.connect(url)
        bus = cls(nc, "jobs")
        await bus._prepare_or_close()
        return bus

    @classmethod
    async def connect_by_two(cls, url):
        nc = await nats.connect(url)
        bus = cls(nc, "jobs")
        await bus._prepare_by_another()
        return bus

    # Silent: other code has the object by then.
    @classmethod
    async def connect_and_tell(cls, url, buses):
        nc = await nats.connect(url)
        bus = cls(nc, "jobs")
        buses.append(bus)
        await bus._prepare()
        return bus

    # Silent: nothing that fails is in between, or no code of the file says what the method does.
    @classmethod
    async def connect_only(cls, url):
        nc = await nats.connect(url)
        bus = cls(nc, "jobs")
        bus._name()
        return bus

    @classmethod
    async def connect_elsewhere(cls, url):
        nc = await nats.connect(url)
        bus = cls(nc, "jobs")
        await bus.unknown()
        return bus

    async def _prepare(self):
        self.kv = await self._nc.jetstream().key_value(self._bucket)

    async def _prepare_or_close(self):
        try:
            await self._prepare()
        except BaseException:
            await self.close()
            raise

    async def _prepare_by_another(self):
        await self._prepare_or_close()

    def _name(self):
        return self._bucket

    async def close(self):
        await self._nc.close()


async def opened(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    bus = Bus(nc=nc, bucket="jobs")
    await bus._prepare()
    return bus


# Silent: only a cancellation is in between.
async def opened_with_a_pause(url):
    nc = await nats.connect(url)
    bus = Bus(nc, "jobs")
    await asyncio.sleep(1)
    return bus


# Silent: it is closed before.
async def used(url):
    nc = await nats.connect(url)
    bus = Bus(nc, "jobs")
    await bus.close()
    return bus


# Silent: the constructor gives the connection, or the object, to other code.
class Told:
    def __init__(self, nc, others):
        self.nc = nc
        others.append(self)

    async def start(self):
        await self.nc.flush()

    async def close(self):
        await self.nc.close()


class Given:
    def __init__(self, nc, others):
        self.nc = nc
        others.append(nc)

    async def start(self):
        await self.nc.flush()

    async def close(self):
        await self.nc.close()


async def told(url, others):
    nc = await nats.connect(url)
    bus = Told(nc, others)
    await bus.start()
    return bus


async def given(url, others):
    nc = await nats.connect(url)
    bus = Given(nc, others)
    await bus.start()
    return bus


# Silent: the object may close it where it is dropped.
class Final:
    def __init__(self, nc):
        self.nc = nc

    async def start(self):
        await self.nc.flush()

    async def close(self):
        await self.nc.close()

    def __del__(self):
        print("dropped")


async def final(url):
    nc = await nats.connect(url)
    bus = Final(nc)
    await bus.start()
    return bus


# Silent: what the method, the block or the function calls where that fails may close it.
class Careful:
    def __init__(self, nc):
        self.nc = nc

    async def start(self):
        try:
            await self.nc.flush()
        except BaseException:
            give_up(self.nc)
            raise

    async def prepare(self):
        await self.nc.flush()

    async def close(self):
        await self.nc.close()


async def by_a_method(url):
    nc = await nats.connect(url)
    careful = Careful(nc)
    await careful.start()
    return careful


async def by_a_block(url, ended):
    nc = await nats.connect(url)
    async with ended(url):
        careful = Careful(nc)
        await careful.prepare()
    return careful


async def by_a_stack(url, stack):
    nc = await nats.connect(url)
    stack.push_async_callback(nc.close)
    careful = Careful(nc)
    await careful.prepare()
    return careful


# Silent: nothing is handed on.
async def not_returned(url):
    nc = await nats.connect(url)
    careful = Careful(nc)
    await careful.prepare()


# Silent: the base may do anything.
class Derived(Base):
    def __init__(self, nc):
        self.nc = nc

    async def prepare(self):
        await self.nc.flush()

    async def close(self):
        await self.nc.close()


async def derived(url):
    nc = await nats.connect(url)
    one = Derived(nc)
    await one.prepare()
    return one


# The object has no name before its method ends, and other code has it after that alone.
class Storage:
    def __init__(self, nc, bucket):
        self.nc = nc
        self.bucket = bucket

    async def create(self):
        js = self.nc.jetstream()
        try:
            self.kv = await js.create_key_value(bucket=self.bucket)
        except ValueError:
            self.kv = await js.key_value(self.bucket)
        return self

    async def create_or_drop(self):
        js = self.nc.jetstream()
        try:
            self.kv = await js.key_value(self.bucket)
        except ValueError:
            js.drop(self.nc)
            raise
        return self

    async def create_or_stop(self, guard):
        try:
            self.kv = await self.nc.jetstream().key_value(self.bucket)
        except ValueError:
            await guard.shutdown()
            raise
        return self

    async def create_or_give_up(self):
        try:
            self.kv = await self.nc.jetstream().key_value(self.bucket)
        except ValueError:
            give_up()
            raise
        return self

    def name(self):
        return self.bucket

    async def close(self):
        await self.nc.close()


async def without_a_name(url, serve):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    storage = await Storage(nc=nc, bucket="jobs").create()
    await serve(storage)


async def used_before_others_get_it(url, serve):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises, before it is handed on; close it in an 'except BaseException' that raises again
    storage = Storage(nc, "jobs")
    await storage.create()
    try:
        await serve(storage)
    finally:
        print("served")


# Silent: nothing gets the object, or other code may close the connection where the method fails.
async def nothing_gets_it(url):
    nc = await nats.connect(url)
    await Storage(nc, "jobs").create()


async def in_a_block(url, serve, ended):
    nc = await nats.connect(url)
    async with ended(url):
        storage = await Storage(nc, "jobs").create()
    await serve(storage)


async def dropped_by_the_library(url, serve):
    nc = await nats.connect(url)
    storage = await Storage(nc, "jobs").create_or_drop()
    await serve(storage)


async def stopped_by_the_library(url, serve, guard):
    nc = await nats.connect(url)
    storage = await Storage(nc, "jobs").create_or_stop(guard)
    await serve(storage)


async def given_up_by_a_function(url, serve):
    nc = await nats.connect(url)
    storage = await Storage(nc, "jobs").create_or_give_up()
    await serve(storage)


async def others_get_it_first(url, serve):
    nc = await nats.connect(url)
    storage = Storage(nc, "jobs")
    serve(storage)
    await storage.create()


async def others_get_it_before_one_that_fails(url, serve):
    nc = await nats.connect(url)
    storage = Storage(nc, "jobs")
    storage.name()
    serve(storage)
    await storage.create()


async def a_nested_function_has_it(url, serve):
    nc = await nats.connect(url)
    storage = Storage(nc, "jobs")

    async def stop():
        await storage.close()

    serve.on_stop(stop)
    await storage.create()
    await serve(storage)


def defined_in_a_block(ended):
    with ended:

        async def serving(url, serve):
            nc = await nats.connect(url)  # expect: NAQ102@24 connection 'nc' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
            storage = await Storage(nc, "jobs").create()
            await serve(storage)

        return serving
