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


async def a_server_that_stays_open(handler):
    server = await websockets.serve(handler, port=7)  # expect: NAQ103@20
    print(server.sockets)


async def a_server_that_is_closed_when_its_wait_is_cancelled(handler):
    server = await websockets.serve(handler, port=7)
    await server.serve_forever()


async def a_server_that_serves_on_some_ways(handler, serves):
    server = await websockets.serve(handler, port=7)  # expect: NAQ102@20
    if serves:
        await server.serve_forever()


async def a_server_that_starts_after_its_block(handler):
    async with websockets.serve(handler, port=7) as server:
        print(server.connections)
    await server.start_serving()  # expect: NAQ105@11


async def what_a_closed_server_still_tells(handler):
    async with websockets.serve(handler, port=7) as server:
        print(server.connections)
    print(server.is_serving(), server.sockets, server.connections)
