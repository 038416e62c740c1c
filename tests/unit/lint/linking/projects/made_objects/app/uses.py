"""Objects of owner classes that functions of other modules make."""

from app import again, makers
from app.again import closed_again
from app.makers import closed, kept, many, maybe, one_of_two, only, opened, opened_at_once, pair, shared, twice, waits


async def not_open_yet(data):
    bus = closed("")
    await bus.connect()  # expect: NAQ114@11 Bus 'bus' opens a connection (app/bus.py:9) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(data)


async def never_opened():
    bus = closed("")
    return bus.name


async def open_already(data):
    bus = await opened()  # expect: NAQ114@17 Bus 'bus' opens a connection (app/bus.py:9) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(data)


async def by_the_module(data):
    bus = await makers.opened()  # expect: NAQ114@17 Bus 'bus' opens a connection (app/bus.py:9) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(data)


async def by_another_name(data):
    bus = closed_again("")
    await bus.connect()  # expect: NAQ114@11 Bus 'bus' opens a connection (app/bus.py:9) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(data)


async def by_another_module(data):
    bus = await again.opened()  # expect: NAQ114@17 Bus 'bus' opens a connection (app/bus.py:9) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(data)


def at_once():
    thing = opened_at_once()  # expect: NAQ114@13 Opened 'thing' opens a client (app/bus.py:31) and is never closed; call 'thing.close()' in a 'finally'
    return thing.name


def first_of_two():
    thing, number = pair()  # expect: NAQ114@21 Opened 'thing' opens a client (app/bus.py:31) and is never closed; call 'thing.close()' in a 'finally'
    return thing.name + number


async def by_a_function_of_its_module(data):
    bus = makers.make()
    await bus.connect()  # expect: NAQ114@11 Bus 'bus' opens a connection (app/bus.py:9) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(data)


async def closes(data):
    bus = await opened()
    try:
        await bus.publish(data)
    finally:
        await bus.close()


async def silent(data):
    first = one_of_two("")
    await first.connect()
    second = only()
    await second.connect()
    third = maybe("")
    await third.connect()
    fourth = await waits()
    await fourth.connect()
    fifth = many()
    await fifth.connect()
    sixth = kept(data)
    await sixth.connect()
    seventh = twice()
    await seventh.connect()
    eighth = await shared()
    await eighth.publish(data)
