"""A line is broken before each of its statements where a fix changes one of them."""

import asyncio
import socket
import sqlite3

import nats


def behind_the_acquisition(path):
    con = sqlite3.connect(path); con.row_factory = sqlite3.Row
    try:
        return con.execute("SELECT 1").fetchone()
    finally:
        con.close()


def in_front_of_the_acquisition(path):
    path = path.strip(); con = sqlite3.connect(path)
    rows = con.execute("SELECT 1").fetchall(); con.close()
    return rows


def behind_a_clause(ports):
    found = {}
    for port in ports:
        s = socket.socket()
        try: s.connect(("localhost", port)); found[port] = s.recv(1)
        except OSError: found[port] = None
        finally: s.close()
    return found


def with_what_follows(path):
    con = sqlite3.connect(path)
    con.execute("SELECT 1"); con.close(); return True  # done


def inside(path):
    con = sqlite3.connect(path)
    con.execute("SELECT 1"); con.commit()
    con.close()


def silenced(path):
    con = sqlite3.connect(path)  # left: several statements share line N
    con.execute("SELECT 1"); con.close(); return True  # noqa: E702


async def where_only_an_unsafe_fix_is_possible(url):
    nc = await nats.connect(url)  # left: several statements share line N
    await nc.flush(); await asyncio.wait_for(nc.close(), 1)
