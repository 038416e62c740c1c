# settings: {"resource": [{"name": "link", "acquire": ["shop.connect"], "acquired-by": ["await"], "release-methods": ["await aclose"], "manager": "async with contextlib.aclosing(await {call}) as {name}"}]}
"""A manager around what makes the resource, where a function with a time limit awaits the call."""

import asyncio

import shop


async def with_a_time_limit():
    link = await asyncio.wait_for(shop.connect(), 3)  # expect: NAQ103@35 link 'link' is never closed; use 'async with contextlib.aclosing(await shop.connect()) as link' (import contextlib)
    await link.send()
