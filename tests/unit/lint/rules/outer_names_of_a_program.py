"""Connections that a function puts into a global of a program: NAQ103."""

import asyncio

import nats

nc = None
closed = None


async def main():
    global nc, closed
    nc = await nats.connect("u")  # expect: NAQ103@16 connection 'nc' is opened by a function and never closed; close it where its name is made
    closed = await nats.connect("u")  # expect: NAQ102@20 connection 'closed' stays open if line +1 raises; use 'async with await nats.connect("u") as closed'
    await send()
    await closed.close()


async def send():
    await nc.publish("orders", b"1")


if __name__ == "__main__":
    asyncio.run(main())
