"""The class of an attribute that a base sets, or that the body of a class annotates."""

from dataclasses import dataclass

import asyncpg
from elsewhere import Other, make_pool


class Store:
    pool: asyncpg.Pool

    def __init__(self, archive: asyncpg.Pool) -> None:
        self.archive = archive


class Users(Store):
    async def count(self):
        conn = await self.pool.acquire()  # expect: NAQ103
        return await conn.fetchval("select 1")

    async def old(self):
        conn = await self.archive.acquire()  # expect: NAQ103
        return await conn.fetchval("select 1")


class Admins(Users):
    async def count_admins(self):
        conn = await self.archive.acquire()  # expect: NAQ103
        return await conn.fetchval("select 1")


@dataclass
class Settings:
    pool: asyncpg.Pool
    name: str


async def of_an_object(settings: Settings):
    conn = await settings.pool.acquire()  # expect: NAQ103
    return await conn.fetchval("select 1")


# Silent: the class sets another, or has a second base, which may.
class Replaced(Store):
    def __init__(self):
        self.pool = make_pool()

    async def count(self):
        conn = await self.pool.acquire()
        return await conn.fetchval("select 1")


class Mixed(Store, Other):
    async def count(self):
        conn = await self.pool.acquire()
        return await conn.fetchval("select 1")
