"""An attribute that is assigned to another attribute is closed by that name, too."""

import nats


class ClosedByTheSecondName:
    async def start(self, url):
        self._nc = await nats.connect(url)
        self._reader = self._nc
        self._writer = self._reader

    async def stop(self):
        await self._writer.close()


class ClosedByNoName:
    async def start(self, url):
        self._nc = await nats.connect(url)  # expect: NAQ108@26 connection 'self._nc' is closed by no method of class 'ClosedByNoName'; add one that calls 'await self._nc.close()', or use a context manager
        self._reader = self._nc

    async def read(self):
        await self._reader.flush()


class TheOtherIsClosed:
    async def start(self, url, other):
        self._nc = await nats.connect(url)  # expect: NAQ108
        self._other = other

    async def stop(self):
        await self._other.close()
