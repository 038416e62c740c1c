"""Asynchronous clients of elasticsearch."""

import elasticsearch


async def never_closed(where):
    client = elasticsearch.AsyncElasticsearch(where)  # expect: NAQ103@14 async client 'client' is never closed; use 'async with elasticsearch.AsyncElasticsearch(where) as client'
    return await client.info()


async def in_a_block(where):
    async with elasticsearch.AsyncElasticsearch(where) as client:
        return await client.info()
