"""A service: no package, and no distribution."""

from core import Bus


class Worker:
    async def run(self, url):
        self.bus = Bus()
        await self.bus.connect(url)  # expect: NAQ114@15 Bus 'self.bus' opens a connection (core/bus.py:8) and is closed by no method of class 'Worker'; add one that calls 'await self.bus.close()'
        await self.bus.publish(b"1")
