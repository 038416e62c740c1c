"""A class that closes what its base opens."""

from app import http


class Derived(http.Base):
    async def stop(self):
        nc = self._nc
        await nc.close()
