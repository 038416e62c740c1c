"""Objects in which a function looks up the connection, or gets it from the method that opens it."""

from app.answering import Bus


# The answer of the method that opens it is dropped.
async def dropped(url, callback):
    bus = Bus(url)
    await bus.connect()  # expect: NAQ114@11
    await bus.subscribe(callback)
    await bus.close()


# The connection is only asked how it is.
async def asked(url, callback):
    bus = Bus(url)
    await bus.connect()  # expect: NAQ114@11
    if bus.nc.is_connected:
        await bus.subscribe(callback)
    await bus.close()


# Silent: the function may close it by what it looks up.
async def by_the_answer(url, callback):
    bus = Bus(url)
    nc = await bus.connect()
    await bus.subscribe(callback)
    await nc.close()


async def given_to_a_call(url, callback, keep):
    bus = Bus(url)
    await bus.connect()
    keep(bus.nc)
    await bus.subscribe(callback)
    await bus.close()


async def by_another_name(url, callback):
    bus = Bus(url)
    await bus.connect()
    nc = bus.nc
    await bus.subscribe(callback)
    await nc.close()


async def by_a_method_without_its_call(url, callback, defer):
    bus = Bus(url)
    await bus.connect()
    defer(bus.nc.close)
    await bus.subscribe(callback)
    await bus.close()


async def by_a_part(url, callback, defer):
    bus = Bus(url)
    await bus.connect()
    defer(bus.nc.options)
    await bus.subscribe(callback)
    await bus.close()


async def by_what_it_looks_up(url, callback):
    bus = Bus(url)
    await bus.connect()
    await bus.subscribe(callback)
    await bus.nc.close()


async def by_who_gets_the_method(url, callback, defer):
    bus = Bus(url)
    await bus.connect()
    defer(bus.connect)
    await bus.subscribe(callback)
    await bus.close()
