"""Objects of classes whose base is in another module."""

from app.stores import Bus, EndingBus


async def never_closed(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (app/stores.py:10) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.put(b"1")


async def shared(url):
    bus = Bus()
    await bus.connect(url)
    return bus.shared()


async def of_a_base_that_closes(url):
    bus = EndingBus()
    await bus.connect(url)
    await bus.put(b"1")
