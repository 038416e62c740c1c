"""How a message says what to write: a class that is entered by `with`."""

import sqlite3

import nats


class Shelf:
    def __init__(self, path):
        self.path = path

    def open(self):
        self.database = sqlite3.connect(self.path)

    def __enter__(self):
        self.open()
        return self

    def __exit__(self, *exception):
        self.database.close()


def not_entered():
    shelf = Shelf("p")
    shelf.open()  # expect: NAQ114@5 Shelf 'shelf' opens a connection (line -12) and is never closed; use 'with Shelf("p") as shelf'


async def text_with_quotes():
    nc = await nats.connect('nats://localhost')  # expect: NAQ103@16 connection 'nc' is never closed; use "async with await nats.connect('nats://localhost') as nc"
    await nc.flush()


async def text_with_quotes_of_both_kinds():
    nc = await nats.connect('nats://localhost', name="worker")  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect('nats://localhost', name="worker") as nc'
    await nc.flush()


async def an_argument_of_several_lines(address):
    nc = await nats.connect(address(  # expect: NAQ103@16 connection 'nc' is never closed; use "async with await nats.connect(address('localhost', 4222)) as nc"
        "localhost",
        4222,
    ))
    await nc.flush()
