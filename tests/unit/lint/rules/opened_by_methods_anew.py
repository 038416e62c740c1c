"""Attributes that a method opens by another whose answer it keeps, or for other methods: NAQ102."""

from nats.aio.client import Client as NATS


# The answer of the opening method is kept, and nothing that the method reaches asks for it.
class KeepsTheAnswer:
    def __init__(self):
        self.client = NATS()
        self.connected = False
        self.tried = False

    async def _dial(self):
        await self.client.connect("nats://localhost")
        return True

    @property
    def is_connected(self):
        return self.connected

    def _check(self):
        if not self.is_connected:
            raise OSError

    async def send(self, data):
        self.connected = await self._dial()  # expect: NAQ102@32 connection 'self.client' from '_dial' (line -12) stays open if line +1 raises; call 'await self.client.close()' in a 'finally'
        await self.client.publish("orders", data)
        await self.client.close()

    # Silent: only the answer says whether it is open.
    async def asks(self):
        self.connected = await self._dial()
        if not self.connected:
            raise OSError
        await self.client.close()

    async def asks_by_a_property(self):
        self.connected = await self._dial()
        if not self.is_connected:
            raise OSError
        await self.client.close()

    async def asks_by_a_method(self):
        self.connected = await self._dial()
        self._check()
        await self.client.close()

    async def asks_for_a_name(self):
        connected = await self._dial()
        if not connected:
            raise OSError
        await self.client.close()

    async def keeps_it_twice(self):
        self.connected = self.tried = await self._dial()
        if not self.tried:
            raise OSError
        await self.client.close()


# Other files may call what opens before it closes, itself or by another method.
class Repeats:
    def __init__(self):
        self.radio = NATS()

    async def __tune(self):
        await self.radio.connect("nats://localhost")

    async def __send(self, data):
        await self.__tune()  # expect: NAQ102@15 connection 'self.radio' from '__tune' (line -3) stays open if line +1 raises; call 'await self.radio.close()' in a 'finally'
        await self.radio.publish("orders", data)
        await self.radio.close()

    async def send(self, data):
        await self.__send(data)


# Silent: another method closes it, and other files may call that.
class RepeatsOrStops:
    def __init__(self):
        self.signal = NATS()

    async def _tune(self):
        await self.signal.connect("nats://localhost")

    async def _send(self, data):
        await self._tune()
        await self.signal.publish("orders", data)
        await self.signal.close()

    async def send(self, data):
        await self._send(data)

    async def stop(self):
        await self._end()

    async def _end(self):
        await self.signal.close()


class RepeatsByMethods:
    def __init__(self):
        self.line = NATS()

    async def _tune(self):
        await self.line.connect("nats://localhost")

    async def _end(self):
        await self.line.close()

    async def _send(self, data):
        await self._tune()  # expect: NAQ102
        await self.line.publish("orders", data)
        await self._end()

    async def send(self, data):
        await self._send(data)


# Silent: a private method uses it afterwards.
class UsedLater:
    def __init__(self):
        self.wire = NATS()

    async def _tune(self):
        await self.wire.connect("nats://localhost")

    async def send(self, data):
        await self._tune()
        try:
            await self.wire.publish("orders", data)
        except TimeoutError:
            return
        await self.wire.close()

    async def __again(self, data):
        await self.wire.publish("orders", data)
