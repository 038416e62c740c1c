"""A connection that an object of a class of the file gets, which only uses it: NAQ103."""

import functools
from dataclasses import dataclass, field

import nats


class Store:
    def __init__(self, nc, name="orders"):
        self.nc = nc
        self.name = name

    async def put(self, data):
        if self.nc is not None:
            await self.nc.publish(self.name, data)


async def never_closed(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'Store' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    store = Store(nc)
    await store.put(b"1")


async def by_keyword(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'Store' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    store = Store(name="events", nc=nc)
    await store.put(b"1")
    print(f"{store}")


async def at_once(url):
    await Store(await nats.connect(url)).put(b"1")  # expect: NAQ103@23 connection is never closed: 'Store' of line +0 only uses it; use 'async with await nats.connect(url) as nc'


async def without_a_name(url):
    store: Store = Store(await nats.connect(url))  # expect: NAQ103@32 connection is never closed: 'Store' of line +0 only uses it; use 'async with await nats.connect(url) as nc'
    await store.put(b"1")


async def two_objects(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'Store' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    first = Store(nc)
    second = Store(nc)
    await first.put(b"1")
    await second.put(b"1")


async def closed(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    store = Store(nc)
    try:
        await store.put(b"1")
    finally:
        await nc.close()


async def returned(url):
    nc = await nats.connect(url)
    store = Store(nc)
    await store.put(b"1")
    return store


async def passed(url, register):
    nc = await nats.connect(url)
    store = Store(nc)
    register(store)


async def yielded(url):
    store = Store(await nats.connect(url))
    yield store


async def changed(url, other):
    store = Store(await nats.connect(url))
    store = other


async def in_a_lambda(url, later):
    store = Store(await nats.connect(url))
    later(lambda: store)


class Closing:
    def __init__(self, nc):
        self.nc = nc

    async def stop(self):
        await self.nc.close()


async def may_be_closed(url):
    closing = Closing(await nats.connect(url))
    await closing.stop()


class Handing:
    def __init__(self, nc):
        self.handed = nc

    def give(self, other):
        other.client = self.handed


async def may_be_handed_on(url, other):
    handing = Handing(await nats.connect(url))
    handing.give(other)


class Getting:
    def __init__(self, nc):
        self.got = nc

    def client(self):
        return self.got


async def taken_out(url):
    getting = Getting(await nats.connect(url))
    await getting.client().close()


async def only_used(url):
    getting = Getting2(await nats.connect(url))  # expect: NAQ103@30 connection is never closed: 'Getting2' of line +0 only uses it; use 'async with await nats.connect(url) as nc'
    await getting.link.publish("orders", b"1")


class Getting2:
    def __init__(self, nc):
        self.inner = nc

    @property
    def link(self):
        return self.inner


@dataclass
class Record:
    name: str
    bus: object = None
    items: list = field(default_factory=list)

    async def put(self, data):
        await self.bus.publish(self.name, data)


async def in_a_record(url):
    record = Record("orders", await nats.connect(url))  # expect: NAQ103@37 connection is never closed: 'Record' of line +0 only uses it; use 'async with await nats.connect(url) as nc'
    await record.put(b"1")


class Registered:
    def __init__(self, nc, registry):
        self.one = nc
        registry.append(nc)


async def given_on(url, registry):
    registered = Registered(await nats.connect(url), registry)
    print(registered.one)


class Derived(Unknown):  # noqa: F821
    def __init__(self, nc):
        self.two = nc


async def unknown_base(url):
    Derived(await nats.connect(url))


# The constructor is that of a base, or gives the argument to that.
class Events(Store):
    async def get(self):
        return await self.nc.request(self.name, b"")


class Named(Store):
    def __init__(self, nc, name):
        super().__init__(name=name, nc=nc)
        self.count = 0


async def of_a_base(url):
    events = Events(await nats.connect(url))  # expect: NAQ103
    await events.put(b"1")


async def by_super(url):
    named = Named(await nats.connect(url), "orders")  # expect: NAQ103
    await named.put(b"1")


class Ending(Closing):
    def __init__(self, nc):
        super().__init__(nc)


async def base_may_close(url):
    ending = Ending(await nats.connect(url))
    await ending.stop()


class Unknown(Base):
    def __init__(self, nc):
        super().__init__(nc)
        self.kept_nc = nc


async def of_an_unknown_base(url):
    unknown = Unknown(await nats.connect(url))
    await unknown.put(b"1")


# The object gives the connection to further objects, which only use it, or which may close it.
class Stores:
    def __init__(self, nc):
        self.shared = nc

    def events(self):
        return Events(self.shared)


async def of_further_objects(url):
    stores = Stores(await nats.connect(url))  # expect: NAQ103
    await stores.events().put(b"1")


class Closers:
    def __init__(self, nc):
        self.lent = nc

    def ending(self):
        return Ending(self.lent)


async def of_closing_objects(url):
    closers = Closers(await nats.connect(url))
    await closers.ending().stop()


class Turns:
    def __init__(self, nc):
        self.turned = nc

    def next(self):
        return Turns(self.turned)


async def of_its_own_class(url):
    await Turns(await nats.connect(url)).next().put(b"1")


class Delegating:
    def __init__(self, nc):
        self.delegate = nc

    def __getattr__(self, name):
        return getattr(self.delegate, name)


async def of_any_attribute(url):
    delegating = Delegating(await nats.connect(url))
    await delegating.close()


class Looking:
    def __init__(self, nc):
        self.looked_up = nc

    def __getattr__(self, name):
        return self.looked_up.__getattribute__(name)


async def of_any_looked_up_attribute(url):
    looking = Looking(await nats.connect(url))
    await looking.close()


# A function makes the object.
def make_store(nc):
    return Store(nc, "orders")


async def by_a_function(url):
    nc = await nats.connect(url)  # expect: NAQ103
    store = make_store(nc)
    await store.put(b"1")


def make_closing(nc):
    return Closing(nc)


def make_and_keep(nc):
    KEPT.append(nc)
    return Store(nc)


def make_either(nc, url):
    if url:
        return Store(nc)
    return Closing(nc)


def make_some(nc, url):
    if url:
        return Store(nc)
    return KEPT


@functools.cache
def make_once(nc):
    return Store(nc)


KEPT = []


async def by_other_functions(url):
    await make_closing(await nats.connect(url)).stop()
    await make_and_keep(await nats.connect(url)).put(b"1")
    await make_either(await nats.connect(url), url).put(b"1")
    await make_some(await nats.connect(url), url).put(b"1")
    await make_once(await nats.connect(url)).put(b"1")


class Asks:
    def __init__(self, nc):
        self.asked = nc
        self.can_ask = hasattr(nc, "request")

    def __repr__(self):
        return type(self).__name__

    async def ask(self):
        return await self.asked.request("ask", b"")


async def that_only_asks(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed: 'Asks' of line +1 only uses it; use 'async with await nats.connect(url) as nc'
    return await Asks(nc).ask()
