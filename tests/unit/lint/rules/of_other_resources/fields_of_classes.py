# settings: {"catalogues": ["httpx", "requests", "asyncpg"]}
"""What a field of a class makes for each object: the class closes it, or nothing does."""

import dataclasses
from dataclasses import dataclass, field

import asyncpg
import attrs
import httpx
import requests
from httpx import AsyncClient
from pydantic import BaseModel, PrivateAttr


@dataclass
class Api:
    url: str
    session: requests.Session = field(default_factory=requests.Session, repr=False)  # expect: NAQ108@33 session 'self.session' is closed by no method of class 'Api'; add one that calls 'self.session.close()', or use a context manager

    def orders(self):
        return self.session.get(self.url).json()


@attrs.define
class ByAttrs:
    client: httpx.Client = attrs.field(factory=lambda: httpx.Client(timeout=3))  # expect: NAQ108

    def orders(self):
        return self.client.get("u").json()


class ByPydantic(BaseModel):
    _client: AsyncClient = PrivateAttr(default_factory=AsyncClient)  # expect: NAQ108

    async def orders(self):
        found = await self._client.get("u")
        return found.json()


@dataclasses.dataclass
class Other:
    _once: httpx.Client = dataclasses.field(default_factory=httpx.Client)  # expect: NAQ108

    def orders(self):
        return self._once.get("u").json()


# Silent: the class closes it, or code of the file does.
@dataclass
class Closing:
    closed: httpx.Client = field(default_factory=httpx.Client)

    def close(self):
        self.closed.close()


@dataclass
class Reached:
    reached: httpx.Client = field(default_factory=httpx.Client)

    def orders(self):
        return self.reached.get("u").json()


def reach():
    one = Reached()
    try:
        return one.orders()
    finally:
        one.reached.close()


# Silent: the object only holds it for others, which may be in any file.
@dataclass
class Settings:
    held: httpx.Client = field(default_factory=httpx.Client)


# Silent: a coroutine has opened nothing yet, and other fields have nothing to close.
@dataclass
class Later:
    connection: object = field(default_factory=asyncpg.connect)
    names: list = field(default_factory=list)
    default: object = field(default=httpx.Client)

    def use(self):
        return self.connection, self.names, self.default.get("u")
