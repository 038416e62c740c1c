"""What aiomysql opens by an await or a block."""

import aiomysql


async def never_closed(path):
    it = await aiomysql.connect(host=path)  # expect: NAQ103@16 connection 'it' is never closed; use 'async with aiomysql.connect(host=path) as it'
    await it.ping()


async def stays_open_on_an_error(path):
    it = await aiomysql.connect(host=path)  # expect: NAQ102@16 connection 'it' stays open if line +1 raises; use 'async with aiomysql.connect(host=path) as it'
    await it.ping()
    it.close()


async def in_a_block(path):
    async with aiomysql.connect(host=path) as it:
        await it.ping()


async def neither_awaited_nor_entered(path):
    it = aiomysql.connect(host=path)
    print(it)
