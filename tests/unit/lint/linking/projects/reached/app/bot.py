"""Closes through objects what other modules open."""

from app.client import Client


class Bot:
    def __init__(self, client: Client, numbers, views):
        self._client = client
        self._numbers = numbers
        self._views = views
        self.other = None

    async def close(self):
        await self._client._http.session.close()
        await self._client.one.shared.drain()
        for nc in self._numbers.first:
            await nc.close()
        await self._views.pop().viewed.close()
        await self._client.unfinished.flush()
        await self.other.close()
        await self._client.unfinished_too.close()
