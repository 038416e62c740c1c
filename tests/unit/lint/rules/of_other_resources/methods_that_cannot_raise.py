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
