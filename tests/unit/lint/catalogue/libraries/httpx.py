"""Clients of httpx."""

import httpx


async def never_closed(url):
    client = httpx.AsyncClient()  # expect: NAQ103@14 client 'client' is never closed; use 'async with httpx.AsyncClient() as client'
    return (await client.get(url)).text


async def by_hand(url):
    client = httpx.AsyncClient()  # expect: NAQ101@14 client 'client' is closed by hand; use 'async with httpx.AsyncClient() as client'
    try:
        return (await client.get(url)).text
    finally:
        await client.aclose()


async def in_a_block(url):
    async with httpx.AsyncClient() as client:
        return (await client.get(url)).text


def with_an_early_return(url):
    client = httpx.Client()  # expect: NAQ102@14 client 'client' stays open if line +2 returns; use 'with httpx.Client() as client'
    if not url:
        return None
    text = client.get(url).text
    client.close()
    return text


def used_after_the_block(url):
    with httpx.Client() as client:
        pass
    return client.get(url)  # expect: NAQ105@12 client 'client' is used by 'client.get' after its 'with' block has ended; move the use before the end
