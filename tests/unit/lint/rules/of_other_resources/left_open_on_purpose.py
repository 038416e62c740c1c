"""What a function returns, a finalizer closes, a peer sees: none of these is a fault."""

import socket
import sqlite3

import websockets


def asker(connection, text):
    def ask(value):
        return connection.execute(text, value).fetchone()

    return ask


def opened(path):
    connection = sqlite3.connect(path)
    return asker(connection, "select name from shops where id = ?")


def looked_at(connection):
    return connection.total_changes


def forgotten(path):
    connection = sqlite3.connect(path)  # expect: NAQ103@18
    return looked_at(connection)


class Finalized:
    def __init__(self, address):
        self._socket = socket.socket()
        self._socket.connect(address)

    def close(self):
        self._socket.close()

    def __del__(self):
        self.close()


class Unfinalized:
    def __init__(self, address):
        self._socket = socket.socket()  # expect: NAQ102@24
        self._socket.connect(address)

    def close(self):
        self._socket.close()


async def says_why(url):
    async with websockets.connect(url) as peer:
        await peer.send("a")
        await peer.close(code=1001, reason="going away")


async def says_nothing_new(url):
    async with websockets.connect(url) as peer:
        await peer.send("a")
        await peer.close()  # expect: NAQ107@15


async def present(url, job):
    async with websockets.connect(url):
        await job.run()


async def serving(handler, job):
    async with websockets.serve(handler, "localhost", 8765):
        await job.run()
