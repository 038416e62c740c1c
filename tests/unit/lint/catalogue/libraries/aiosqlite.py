"""What aiosqlite opens by an await or a block."""

import aiosqlite


async def never_closed(path):
    it = await aiosqlite.connect(path)  # expect: NAQ103@16 connection 'it' is never closed; use 'async with aiosqlite.connect(path) as it'
    await it.execute("select 1")


async def stays_open_on_an_error(path):
    it = await aiosqlite.connect(path)  # expect: NAQ102@16 connection 'it' stays open if line +1 raises; use 'async with aiosqlite.connect(path) as it'
    await it.execute("select 1")
    await it.close()


async def in_a_block(path):
    async with aiosqlite.connect(path) as it:
        await it.execute("select 1")


async def neither_awaited_nor_entered(path):
    it = aiosqlite.connect(path)
    print(it)
