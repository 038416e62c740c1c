"""A method of a base in the same file makes the connection, or closes it."""
import nats


class Base:
    async def _make(self, url):
        return await nats.connect(url)

    async def _shut(self, nc):
        await nc.close()


class Middle(Base):
    pass


class Derived(Middle):
    async def leaks(self, url):
        nc = await self._make(url)  # expect: NAQ103@20 connection 'nc' from '_make' (line -12) is never closed; use 'async with await self._make(url) as nc'
        await nc.publish("a", b"")

    async def closes(self, url):
        nc = await self._make(url)  # expect: NAQ101@20 connection 'nc' from '_make' (line -16) is closed by hand; use 'async with await self._make(url) as nc'
        try:
            await nc.publish("a", b"")
        finally:
            await self._shut(nc)


# Silent: a base of another file comes first.
class Other(nats.NATS, Base):
    async def unknown(self, url):
        nc = await self._make(url)
        await nc.publish("a", b"")




class Replaced:
    async def _open(self, url):
        return await nats.connect(url)


# Silent: another class of the file has a method of that name in its place.
class InItsPlace(Replaced):
    async def _open(self, url):
        return None


class Below(Replaced):
    async def unknown(self, url):
        nc = await self._open(url)
        await nc.publish("a", b"")


class Covered:
    async def _start(self, url):
        return await nats.connect(url)


# Silent: an attribute of the class hides the method of the base.
class Hidden(Covered):
    _start = Replaced

    async def unknown(self, url):
        nc = await self._start(url)
        await nc.publish("a", b"")
