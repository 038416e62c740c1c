"""Objects that a class keeps, which one method opens and closes."""

from app.bus import Bus


class Worker:
    def __init__(self):
        self.bus = Bus("nats://localhost")

    async def loop(self, stop):
        await self.bus.connect()  # expect: NAQ114
        await self.bus.publish(b"1")
        try:
            await stop.wait()
        finally:
            await self.bus.close()


# Silent: another module closes it.
class Watched:
    def __init__(self):
        self.line = Bus("nats://localhost")

    async def loop(self, stop):
        await self.line.connect()
        await self.line.publish(b"1")
        try:
            await stop.wait()
        finally:
            await self.line.close()
