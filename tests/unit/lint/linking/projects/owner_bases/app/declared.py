"""Declares what stores do; the module mentions no library."""

from abc import ABC, abstractmethod


class Store(ABC):
    @abstractmethod
    async def put(self, data):
        """Put a value."""

    @abstractmethod
    async def close(self):
        """Close what is open."""

    def shared(self):
        return {"store": self}


class Ending(Store):
    async def __aexit__(self, *args):
        await self.close()
