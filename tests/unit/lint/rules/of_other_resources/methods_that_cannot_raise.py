"""Settings of a socket cannot fail, and `gather` gives exceptions back where it is told to."""

import asyncio
import socket

import nats
import zmq


def made(timeout):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(5.0)
    sock.setblocking(False)
    return sock


def used(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)  # expect: NAQ101@12 socket 'sock' is closed by hand; use 'with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock'
    sock.settimeout(3)
    try:
        sock.connect(address)
    finally:
        sock.close()


async def gathered(url, tasks):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +4 is cancelled; use 'async with await nats.connect(url) as nc'
    try:
        await nc.flush()
    finally:
        await asyncio.gather(*tasks, return_exceptions=True)
        await nc.close()


async def gathered_until_one_raises(url, tasks):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +4 raises; use 'async with await nats.connect(url) as nc'
    try:
        await nc.flush()
    finally:
        await asyncio.gather(*tasks, return_exceptions=False)
        await nc.close()


# Silent: options are settings, too.
class Receiver:
    def __init__(self):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.PULL)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt_string(zmq.IDENTITY, "receiver")

    def close(self):
        self.socket.close()
        self.context.term()


# The blocks of an object that exists already, such as a lock or another socket, begin and end without an error ...
def opened_under_a_lock(lock, address):
    with lock:
        sock = socket.socket()  # expect: NAQ101@16 socket 'sock' is closed by hand; use 'with socket.socket() as sock'
    with lock:
        sock.settimeout(3)
    sock.close()


def entered_behind_another(source: socket.socket):
    target = socket.socket()
    with source as source, target as target:
        target.connect(source.getpeername())


# ... but where it is made there, waits, or a handler counts on an error.
def opened_under_a_new_lock(make_lock):
    sock = socket.socket()  # expect: NAQ102@12 socket 'sock' stays open if line +1 raises; use 'with socket.socket() as sock'
    with make_lock():
        sock.settimeout(3)
    sock.close()


async def opened_under_a_lock_of_tasks(lock):
    sock = socket.socket()  # expect: NAQ102@12 socket 'sock' stays open if line +1 raises; use 'with socket.socket() as sock'
    async with lock:
        sock.settimeout(3)
    sock.close()


def opened_in_a_transaction(transaction):
    sock = socket.socket()  # expect: NAQ102@12 socket 'sock' stays open if line +2 raises; use 'with socket.socket() as sock'
    try:
        with transaction:
            sock.settimeout(3)
    except ValueError:
        return
    sock.close()
