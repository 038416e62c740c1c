"""What asyncssh opens by an await or a block."""

import asyncssh


async def never_closed(path):
    it = await asyncssh.connect(path)  # expect: NAQ103@16 SSH connection 'it' is never closed; use 'async with asyncssh.connect(path) as it'
    await it.run("ls")


async def stays_open_on_an_error(path):
    it = await asyncssh.connect(path)  # expect: NAQ102@16 SSH connection 'it' stays open if line +1 raises; use 'async with asyncssh.connect(path) as it'
    await it.run("ls")
    it.close()


async def in_a_block(path):
    async with asyncssh.connect(path) as it:
        await it.run("ls")


async def neither_awaited_nor_entered(path):
    it = asyncssh.connect(path)
    print(it)
