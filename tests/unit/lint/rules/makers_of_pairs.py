# settings: {"catalogues": ["files", "sqlite3"]}
"""Functions that return more than one new resource of a kind in a tuple."""

import sqlite3
import sys

import nats


async def connect_both(source, target):
    first = await nats.connect(source)  # expect: NAQ102@19 connection 'first' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    second = await nats.connect(target)
    return first, second


async def both_are_lost(source, target):
    first, second = await connect_both(source, target)  # expect: NAQ103@27 connection 'first' from 'connect_both' (line -6) is never closed; use 'async with first' | NAQ103@27 connection 'second' from 'connect_both' (line -6) is never closed; use 'async with second'
    await second.publish("orders", await first.request("orders", b"1"))


async def one_is_lost(source, target):
    first, second = await connect_both(source, target)  # expect: NAQ103@27 connection 'second' from 'connect_both' (line -11) is never closed; use 'async with second'
    async with first:
        await second.publish("orders", b"1")


# Silent: closed, or given to the caller.
async def both_are_closed(source, target):
    first, second = await connect_both(source, target)
    async with first, second:
        await second.publish("orders", b"1")


async def passed_on(source, target):
    return await connect_both(source, target)


# Of which each may be another value.
def streams(args):
    source = sys.stdin if args.source == "-" else open(args.source)  # expect: NAQ102@51 file 'source' stays open if line +4 raises, before it is handed on; close it in an 'except BaseException' that raises again
    if args.target == "-":
        target = sys.stdout
    else:
        target = open(args.target, "w")
    return source, target


def copied(args):
    (source, target) = streams(args)  # expect: NAQ103@24 file 'source' from 'streams' (line -9) is never closed; let 'streams' be a context manager that closes only what it opens | NAQ103@24 file 'target' from 'streams' (line -9) is never closed; let 'streams' be a context manager that closes only what it opens
    target.write(source.read())


def one_is_closed_on_a_condition(args):
    source, target = streams(args)  # expect: NAQ103@22 file 'source' from 'streams' (line -14) is never closed; let 'streams' be a context manager that closes only what it opens
    target.write(source.read())
    if target is not sys.stdout:
        target.close()


# Silent: two kinds, a resource that the tuple does not have, and one that is None on some way.
def of_two_kinds(path):
    return open(path), sqlite3.connect(path)


def of_a_part(path):
    lost = open(path)  # expect: NAQ103
    return open(path), lost.read()


def of_none(path):
    return open(path), open(path) if path else None


def unknown(path):
    file, connection = of_two_kinds(path)
    part, text = of_a_part(path)
    whole, none = of_none(path)
    return connection.execute(file.read() + part.read() + whole.read(), (text, none))


class Kept:
    def __init__(self, args):
        self.source, self.target = streams(args)


# A function that only gives on what another function returns, and a maker of one item of that.
async def lost_behind_another_function(source, target):
    first, second = await passed_on(source, target)  # expect: NAQ103@27 connection 'first' from 'passed_on' (line -53) is never closed; use 'async with first'
    async with second:
        await first.publish("orders", b"1")


class Pairs:
    def _open(self, path):
        return open(path), len(path)

    def open(self, path):
        return self._open(path)

    def only_open(self, path):
        file, _ = self._open(path)
        return file

    def lost(self, path):
        file, size = self.open(path)  # expect: NAQ103@22 file 'file' from 'open' (line -7) is never closed; use 'with file'
        return file.read(size)

    def lost_alone(self, path):
        return self.only_open(path).read()  # expect: NAQ103@16 file from 'only_open' (line -8) is never closed; use 'with self.only_open(path) as f'


# Silent: an argument may decide what is in the tuple.
def streams_passed_on(args):
    return streams(args)


def unknown_streams(args):
    source, target = streams_passed_on(args)
    target.write(source.read())
