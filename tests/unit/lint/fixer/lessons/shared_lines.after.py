"""A line is broken before each of its statements where a fix changes one of them."""

import asyncio
import contextlib
import socket
import sqlite3

import nats


def behind_the_acquisition(path):
    with contextlib.closing(sqlite3.connect(path)) as con:
        con.row_factory = sqlite3.Row
        return con.execute("SELECT 1").fetchone()


def in_front_of_the_acquisition(path):
    path = path.strip()
    with contextlib.closing(sqlite3.connect(path)) as con:
        rows = con.execute("SELECT 1").fetchall()
    return rows


def behind_a_clause(ports):
    found = {}
    for port in ports:
        with socket.socket() as s:
            try: s.connect(("localhost", port)); found[port] = s.recv(1)
            except OSError: found[port] = None
    return found


def with_what_follows(path):
    with contextlib.closing(sqlite3.connect(path)) as con:
        con.execute("SELECT 1")
    return True  # done


def inside(path):
    with contextlib.closing(sqlite3.connect(path)) as con:
        con.execute("SELECT 1"); con.commit()


def silenced(path):
    con = sqlite3.connect(path)  # left: several statements share line N
    con.execute("SELECT 1"); con.close(); return True  # noqa: E702


async def where_only_an_unsafe_fix_is_possible(url):
    nc = await nats.connect(url)  # left: several statements share line N
    await nc.flush(); await asyncio.wait_for(nc.close(), 1)
