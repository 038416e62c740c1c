"""What websockets opens by an await or a block."""

import websockets


async def never_closed(path):
    it = await websockets.connect(path)  # expect: NAQ103@16 WebSocket 'it' is never closed; use 'async with websockets.connect(path) as it'
    await it.send("hello")


async def stays_open_on_an_error(path):
    it = await websockets.connect(path)  # expect: NAQ102@16 WebSocket 'it' stays open if line +1 raises; use 'async with websockets.connect(path) as it'
    await it.send("hello")
    await it.close()


async def in_a_block(path):
    async with websockets.connect(path) as it:
        await it.send("hello")


async def neither_awaited_nor_entered(path):
    it = websockets.connect(path)
    print(it)
