# settings: {"catalogues": ["aiohttp", "aiohttp:response"]}
"""Responses of aiohttp that the function around them does not read itself."""

from aiohttp import ClientSession


async def content(response):
    return await response.read()


async def text_of(response, wanted):
    if wanted:
        return await response.text()
    return ""


async def read_by_a_function(session: ClientSession, url):
    async with session.get(url) as response:
        found = await content(response)
        print(found)


async def read_by_a_function_if_wanted(session: ClientSession, url, wanted):
    async with session.get(url) as response:
        found = await text_of(response, wanted)
        print(found)
