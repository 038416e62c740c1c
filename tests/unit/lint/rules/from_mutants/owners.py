"""Objects of classes that open and close a connection, and what is done with their attributes."""

import nats


class Bus:
    async def connect(self, url):
        self.link = await nats.connect(url)

    async def publish(self, data):
        await self.link.publish("orders", data)

    async def close(self):
        await self.link.close()


# The message names the first of two attributes.
class KeepsInTwo:
    async def start(self, url):
        bus = Bus()
        await bus.connect(url)  # expect: NAQ114@15 Bus 'self.first' opens a connection (line -13) and is closed by no method of class 'KeepsInTwo'; add one that calls 'await self.first.close()'
        self.second = bus
        self.first = bus


class ClosesInsideOfAnother:
    async def start(self, url):
        self.bus = Bus()
        await self.bus.connect(url)  # expect: NAQ114

    async def stop(self):
        await self.other.client.close()


class Opening:
    async def connect(self, url):
        self.of_opening = await nats.connect(url)

    async def publish(self, data):
        await self.of_opening.publish("orders", data)

    async def close(self):
        await self.of_opening.close()


async def looks_the_attribute_up_in_another(url, other):
    opening = Opening()
    await opening.connect(url)  # expect: NAQ114
    await other().of_opening.flush()


class Answering:
    async def connect(self, url):
        try:
            self.of_answering = await nats.connect(url)
        except OSError:
            return False
        return True

    async def publish(self, data):
        await self.of_answering.publish("orders", data)

    async def close(self):
        await self.of_answering.close()


# Silent: it may not be open behind the answer.
async def goes_on_where_it_failed(url):
    answering = Answering()
    if not await answering.connect(url):
        print("failed")
    await answering.publish(b"1")
    await answering.close()


# A call that leaves is the only way on.
async def leaves_where_it_failed(url):
    answering = Answering()
    if not await answering.connect(url):  # expect: NAQ114
        return
    await answering.publish(b"1")
    await answering.close()


class EnteredBesideACycle:
    async def __aenter__(self):
        self.beside_a_cycle = await nats.connect("")  # expect: NAQ102
        await self.beside_a_cycle.flush()
        self.count(3)
        return self

    async def __aexit__(self, *exception):
        await self.beside_a_cycle.close()

    def count(self, number):
        if number:
            self.count(number - 1)


class EnteredBesideACallOfABase(Registering):
    async def __aenter__(self):
        self.beside_a_base = await nats.connect("")  # expect: NAQ102
        await self.beside_a_base.flush()
        self.register()
        return self

    async def __aexit__(self, *exception):
        await self.beside_a_base.close()

    def register(self):
        self.register_there()


# What is kept again on an attribute that was named already does not hide the next attribute.
class KeepsOneTwiceAndAnother:
    async def start(self, url):
        self.one = Bus()
        await self.one.connect(url)  # expect: NAQ114

    async def again(self, url):
        self.one = Bus()
        await self.one.connect(url)
        self.two = Bus()
        await self.two.connect(url)  # expect: NAQ114


async def the_connection_is_taken_out(url):
    bus = Bus()
    await bus.connect(url)
    link = bus.link
    return link


async def below_a_bus_that_is_not_reported(url):
    bus = Bus()
    await bus.connect(url)  # expect: NAQ114@11 Bus 'bus' opens a connection (line -128) and is never closed; call 'await bus.close()' in a 'finally'
    await bus.publish(b"1")


# Silent: whether it was opened is asked in a way that says nothing.
async def another_test_than_not(url, wanted):
    bus = Bus()
    opened = await bus.connect(url)
    if wanted == 1:
        print(opened)
    await bus.publish(b"1")
    await bus.close()


# Silent: the method that closes it gives the object to other code.
class Registering:
    async def connect(self, url):
        self.of_registering = await nats.connect(url)

    async def publish(self, data):
        await self.of_registering.publish("orders", data)

    async def close(self):
        REGISTRY.remove(self)
        await self.of_registering.close()


async def is_registered(url):
    registered = Registering()
    await registered.connect(url)
    await registered.publish(b"1")
