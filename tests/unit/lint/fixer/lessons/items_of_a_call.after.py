"""A call may give several things, of which one item is the resource."""

import asyncio
import socket


def the_item_is_entered(listener: socket.socket):
    with listener.accept()[0] as sock:
        sock.sendall(b"x")


def the_item_is_entered_below(listener: socket.socket):
    try:
        sock = listener.accept()[0]
    except OSError:
        return
    with sock:
        sock.sendall(b"x")


async def only_a_finally_closes_the_item(host):
    writer = (await asyncio.open_connection(host, 1))[1]
    try:
        writer.write(b"x")
    finally:
        writer.close()
        await writer.wait_closed()


def both_are_named(listener: socket.socket):
    sock, address = listener.accept()
    with sock:
        sock.sendall(address)


def what_is_done_with_the_item_comes_first(listener: socket.socket):
    sock = wrapped(listener.accept()[0])
    sock.close()


def wrapped(sock):
    return sock
