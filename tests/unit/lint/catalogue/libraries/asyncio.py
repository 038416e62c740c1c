"""Streams and servers of asyncio; processes are asked for."""

import asyncio


async def never_closed(host):
    reader, writer = await asyncio.open_connection(host, 7)  # expect: NAQ103@28 stream 'writer' is never closed; call 'writer.close()' in a 'finally'
    writer.write(b"x")
    return await reader.read(1)


async def try_and_finally_is_right(host):
    reader, writer = await asyncio.open_connection(host, 7)
    try:
        writer.write(b"x")
        return await reader.read(1)
    finally:
        writer.close()
        await writer.wait_closed()


async def a_server_that_stays_open(handler):
    server = await asyncio.start_server(handler, port=7)  # expect: NAQ103@20 server 'server' is never closed; use 'async with await asyncio.start_server(handler, port=7) as server'
    await server.start_serving()


async def a_server_in_a_block(handler):
    server = await asyncio.start_server(handler, port=7)
    async with server:
        await server.serve_forever()


async def a_server_that_is_closed_when_its_wait_is_cancelled(handler):
    server = await asyncio.start_server(handler, port=7)
    await server.serve_forever()


async def a_server_that_serves_on_some_ways(handler, serves):
    server = await asyncio.start_server(handler, port=7)  # expect: NAQ102@20
    if serves:
        await server.serve_forever()


async def nothing_said_of_processes():
    process = await asyncio.create_subprocess_exec("true")
    print(process.pid)


async def closed_unless_it_is_closing(host):
    reader, writer = await asyncio.open_connection(host, 80)
    try:
        return await reader.read()
    finally:
        if not writer.is_closing():
            writer.close()
