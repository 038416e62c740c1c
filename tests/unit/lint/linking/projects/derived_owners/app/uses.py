"""Objects of classes that derive from owner classes."""

from app.derived import (
    Adds,
    Behind,
    ByAMetaclass,
    ByItsModule,
    CallsItself,
    Closes,
    ClosesElse,
    GivesIt,
    HandsItselfOn,
    HandsOn,
    HandsTheConnectionOn,
    MakesElse,
    MayOpen,
    New,
    NotAwaited,
    OfAGiven,
    OpensElse,
    OpensInPlace,
    OpensNothing,
    Orders,
    Registered,
    Sets,
    Two,
)
from app.local import Near


async def never_closed(data):
    orders = Orders()
    await orders.connect()  # expect: NAQ114@11 Orders 'orders' opens a connection (app/base.py:12) and is never closed; call 'await orders.close()' in a 'finally'
    await orders.publish(data)


async def behind_two(data):
    behind = Behind()
    await behind.connect()  # expect: NAQ114@11 Behind 'behind' opens a connection (app/base.py:12) and is never closed; call 'await behind.close()' in a 'finally'
    await behind.publish(data)


async def by_its_module():
    bus = ByItsModule()
    await bus.run()  # expect: NAQ114@11 ByItsModule 'bus' opens a connection (app/base.py:12) and is never closed; call 'await bus.close()' in a 'finally'


async def adds(data):
    adds = Adds()
    await adds.connect()  # expect: NAQ114@11 Adds 'adds' opens a connection (app/base.py:12) and stays open if line +1 raises; call 'await adds.close()' in a 'finally'
    await adds.publish(data)
    await adds.stop()


async def closed(data):
    orders = Orders()
    await orders.connect()
    try:
        await orders.publish(data)
    finally:
        await orders.close()


async def near(data):
    bus = Near()
    await bus.connect()  # expect: NAQ114@11 Near 'bus' opens a connection (app/local.py:8) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(data)


def in_place():
    opened = OpensInPlace("u", "orders")  # expect: NAQ114@14 OpensInPlace 'opened' opens a client (app/base.py:34) and is never closed; call 'opened.close()' in a 'finally'
    return opened.name


def of_a_given():
    given = OfAGiven()  # expect: NAQ114@13 OfAGiven 'given' opens a client (app/base.py:42) and is never closed; call 'given.close()' in a 'finally'
    return given.get().text


async def silent(data):
    opens_else = OpensElse()
    await opens_else.connect()
    may_open = MayOpen()
    await may_open.connect(False)
    closes_else = ClosesElse()
    await closes_else.connect()
    not_awaited = NotAwaited()
    await not_awaited.connect()
    makes_else = MakesElse()
    await makes_else.connect()
    sets = Sets()
    await sets.connect()
    hands_on = HandsOn()
    await hands_on.connect()
    hands_itself_on = HandsItselfOn()
    await hands_itself_on.connect()
    hands_the_connection_on = HandsTheConnectionOn()
    await hands_the_connection_on.connect()
    closes = Closes()
    await closes.connect()
    await closes.end()
    new = New()
    await new.connect()
    two = Two("u")
    await two.connect()
    calls_itself = CallsItself()
    await calls_itself.connect()
    nothing = OpensNothing("u")
    registered = Registered()
    await registered.connect()
    by_a_metaclass = ByAMetaclass()
    await by_a_metaclass.connect()
    return nothing.url


def gives_it(client):
    given = GivesIt(other=client)
    return given.client.get("/").text
