"""Classes whose bodies do not show that they open something; the project declares what does."""

from elsewhere import link


class Bus:
    @classmethod
    async def create(cls):
        return cls(link())


class Other:
    @classmethod
    async def create(cls):
        return cls(link())


async def open_bus():
    return Bus(link())
