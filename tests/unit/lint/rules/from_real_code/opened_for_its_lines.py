"""A file whose lines a loop reads is used."""

import json

import aiofiles


async def read_all(path):
    found = []
    async with aiofiles.open(path) as f:
        async for line in f:
            found.append(json.loads(line))
    return found


async def loops_over_another(path, lines):
    found = []
    async with aiofiles.open(path) as f:  # expect: NAQ202@16 file 'f' is opened and nothing uses it; remove it
        async for line in lines:
            found.append(json.loads(line))
    return found
