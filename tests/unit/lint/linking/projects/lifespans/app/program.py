"""A program, whose objects no other module closes."""

import asyncio

from app.bus import Bus

bus = Bus()


async def main():
    await bus.connect("url")  # expect: NAQ114@11 Bus 'bus' opens a connection (app/bus.py:13) and is never closed; call 'await bus.close()' where it is made
    await bus.publish(b"1")


if __name__ == "__main__":
    asyncio.run(main())
