"""Clients of kubernetes_asyncio."""

from kubernetes_asyncio import client


async def never_closed():
    api = client.ApiClient()
    return await client.CoreV1Api(api).list_node()


async def in_a_block():
    async with client.ApiClient() as api:
        return await client.CoreV1Api(api).list_node()
