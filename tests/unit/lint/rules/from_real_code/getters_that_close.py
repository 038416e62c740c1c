"""A connection kept on self that is closed by way of what returns it: a property, a method, one item of a pool."""

from functools import cached_property

import nats

URL = "nats://localhost"


class ByProperty:
    async def connect(self):
        self._nc = await nats.connect(URL)

    @property
    def nc(self):
        return self._nc

    async def stop(self):
        await self.nc.drain()


class ByMethod:
    async def connect(self):
        self._nc = await nats.connect(URL)

    async def client(self):
        return self._nc

    async def stop(self):
        await (await self.client()).close()


class ByMethodWithArguments:
    async def connect(self):
        self._nc = await nats.connect(URL)

    def client(self, purpose):
        print(purpose)
        return self._nc

    async def stop(self):
        await self.client("stop").close()


class ByAlias:
    async def connect(self):
        self._nc = await nats.connect(URL)

    @cached_property
    def client(self):
        nc = self._nc
        if nc is None:
            raise RuntimeError("not connected")
        return nc

    async def stop(self):
        await self.client.close()


class ReturnsAnother:
    """What returns something else closes that."""

    async def connect(self):
        self._nc = await nats.connect(URL)  # expect: NAQ108@26 connection 'self._nc' is closed by no method of class 'ReturnsAnother'; add one that calls 'await self._nc.close()', or use a context manager

    def server(self):
        return self._server

    async def stop(self):
        await self.server().close()


class NotCalled:
    """A method that is not called returns nothing, and a method of the connection is not a getter of it."""

    async def connect(self):
        self._nc = await nats.connect(URL)  # expect: NAQ108@26 connection 'self._nc' is closed by no method of class 'NotCalled'; add one that calls 'await self._nc.close()', or use a context manager

    def client(self):
        return self._nc

    async def stop(self):
        await self.client.close()
        await self._nc().close()
