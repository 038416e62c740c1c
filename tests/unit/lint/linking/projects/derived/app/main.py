"""Objects of classes of another file that derive from a library's class, or open what they are not given."""

from .api import Api, Inner, Service
from .either import Either


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


def either(client):
    given = Either(client)
    made = Either()  # expect: NAQ114@12 Either 'made' opens a client (app/either.py:8) and is never closed; call 'made.close()' in a 'finally'
    return len(given.orders()) + len(made.orders())
