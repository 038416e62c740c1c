"""A service that is a distribution itself."""

from core.bus import Bus


async def send(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (core/bus.py:8) and stays open if line +1 raises; call 'await bus.close()' in a 'finally'
    await bus.publish(b"1")
    await bus.close()
