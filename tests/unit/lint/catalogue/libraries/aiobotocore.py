"""Clients of aiobotocore, which can only be entered."""

from aiobotocore.session import AioSession


async def not_entered(session: AioSession):
    client = session.create_client("s3")  # expect: NAQ109@14 'session.create_client(...)' is not entered, so nothing is opened; use 'async with session.create_client(...)'
    return await client.list_buckets()


async def in_a_block(session: AioSession):
    async with session.create_client("s3") as client:
        return await client.list_buckets()
