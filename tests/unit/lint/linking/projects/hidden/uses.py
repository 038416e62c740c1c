"""Python finds the file beside this one first, where that defines what is called."""

import asyncio
import socket
from socket import create_connection


def of_the_file():
    connection = socket.create_connection(("localhost", 1))
    print(connection)


def by_its_name():
    connection = create_connection(("localhost", 1))
    print(connection)


async def of_python():
    reader, writer = await asyncio.open_connection("localhost", 1)  # expect: NAQ103@28 stream 'writer' is never closed; call 'writer.close()' in a 'finally'
    writer.write(await reader.read())
