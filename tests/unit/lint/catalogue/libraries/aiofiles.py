"""What aiofiles opens by an await or a block."""

import aiofiles


async def never_closed(path):
    it = await aiofiles.open(path)  # expect: NAQ103@16 file 'it' is never closed; use 'async with aiofiles.open(path) as it'
    await it.read()


async def stays_open_on_an_error(path):
    it = await aiofiles.open(path)  # expect: NAQ102@16 file 'it' stays open if line +1 raises; use 'async with aiofiles.open(path) as it'
    await it.read()
    await it.close()


async def in_a_block(path):
    async with aiofiles.open(path) as it:
        await it.read()


async def neither_awaited_nor_entered(path):
    it = aiofiles.open(path)
    print(it)
