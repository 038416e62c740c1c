"""Names of libraries that others import from here."""

try:
    from aiohttp import (
        ClientSession,
    )
    from psycopg2 import connect as psycopg2_connect
except ImportError:
    ClientSession = None

from httpx import AsyncClient

__all__ = ["AsyncClient", "ClientSession", "psycopg2_connect"]
