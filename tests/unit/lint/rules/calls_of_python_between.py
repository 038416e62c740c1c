"""Calls of the standard library that are taken not to raise: the line that is named is another, or there is none."""

import asyncio
import collections
import datetime
import json
import signal

import nats


async def made_between(names):
    nc = await nats.connect("u")  # expect: NAQ101@16
    loop = asyncio.get_running_loop()
    stopped, ready = asyncio.Event(), asyncio.Condition()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    pending = collections.deque(sorted(names))
    started = datetime.datetime.now().isoformat()
    try:
        await work(nc, pending, started, ready)
    finally:
        await nc.close()


async def published(order):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +2 raises; use 'async with await nats.connect("u") as nc'
    data = json.dumps({"order": order, "hash": round(hash(order))})
    await nc.publish("orders", data.encode())
    await nc.close()


async def work(nc, pending, started, ready):
    await nc.publish("orders", repr((pending, started, ready)).encode())


# What reads or parses may raise.
async def read_between(text):
    nc = await nats.connect("u")  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect("u") as nc'
    order = json.loads(text)
    try:
        await nc.publish("orders", order)
    finally:
        await nc.close()
