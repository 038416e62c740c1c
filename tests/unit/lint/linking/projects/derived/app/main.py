"""Objects of classes of another file that derive from a library's class."""

from .api import Api, Inner, Service


def orders():
    api = Api()  # expect: NAQ103
    return len(api.orders())


async def status():
    service = Service.made()  # expect: NAQ103
    found = await service.get("/")
    return found.status_code


async def status_again():
    service = Service()  # expect: NAQ103
    found = await service.get("/")
    return found.status_code


# Silent: a base of a base is not followed.
def inner():
    api = Inner()
    return len(api.orders())
