"""Beside a test."""

from pkg.clients import get_client


async def helped():
    return await get_client()
