# settings: {"resource": [{"name": "lease", "acquire": ["leases.take"], "release-methods": ["give_back"], "entering": "impossible"}]}
"""A module beside is what its name means, though the catalogue has names that begin with it."""

import leases
from bus import Bus


async def never_closed():
    bus = Bus()
    await bus.connect()  # expect: NAQ114@11 Bus 'bus' opens a connection (bus.py:8) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(b"")


async def stays_open():
    bus = Bus()
    await bus.connect()  # expect: NAQ114@11 Bus 'bus' opens a connection (bus.py:8) and stays open if line +1 raises; call 'await bus.close()' in a 'finally'
    await bus.publish(b"")
    await bus.close()


def declared():
    lease = leases.take("a")  # expect: NAQ103@13 lease 'lease' is never closed; call 'lease.give_back()' in a 'finally'
    lease.renew()
