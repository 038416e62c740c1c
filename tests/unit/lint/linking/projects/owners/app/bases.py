"""Bases: of some, objects have nothing that closes them, or that gives them to other code."""

import abc

REGISTERED = []


class Plain(abc.ABC):
    def __init__(self, name="a"):
        self.name = name

    @abc.abstractmethod
    async def close(self):
        """Close the connection."""

    async def __aexit__(self, *exception):
        raise NotImplementedError

    async def __aenter__(self):
        pass

    def title(self):
        return self.name.title()


class Deeper(Plain):
    def longer(self):
        return self.title() * 2


class ByMetaclass(metaclass=abc.ABCMeta):
    async def stop(self):
        pass


class Entering:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        await self.close()


class Closing:
    async def finish_all(self):
        await self.close()


class Ending:
    async def finish_all(self):
        await self.end_it()


class Registering:
    def __init__(self):
        REGISTERED.append(self)


class Touching:
    async def drop(self):
        self.nc = None


class Other(type):
    pass


class Made(metaclass=Other):
    pass


class LookedUp:
    def __getattr__(self, name):
        return getattr(self.inner, name)


class Further(Unknown):
    pass


class ClosingAll:
    async def shutdown(self):
        for one in self.__dict__.values():
            await one.close()


class DeeperTouching(Touching):
    pass


@unknown
class Decorated:
    pass
