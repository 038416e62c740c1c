"""A release in the handler of KeyboardInterrupt is one."""

import asyncio
import time

import nats


async def until_interrupted(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +3 raises; use 'async with await nats.connect(url) as nc'
    try:
        while True:
            await nc.publish("tick", b"")
            await asyncio.sleep(1)
    except KeyboardInterrupt:
        await nc.close()


def in_the_main_thread(url):
    loop = asyncio.new_event_loop()
    nc = loop.run_until_complete(nats.connect(url))  # expect: NAQ102@34 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc' in an async function
    loop.run_until_complete(nc.subscribe("a", cb=print))
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        loop.run_until_complete(nc.close())


def and_after_it(url):
    loop = asyncio.new_event_loop()
    nc = loop.run_until_complete(nats.connect(url))  # expect: NAQ102@34 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc' in an async function
    loop.run_until_complete(nc.subscribe("a", cb=print))
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        print("stopping")
    loop.run_until_complete(nc.close())
