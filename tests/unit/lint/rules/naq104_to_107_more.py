"""What is wrong around a release: NAQ104, NAQ105, NAQ106, NAQ107."""

import contextlib

import nats
from nats.errors import Error

URL = "nats://localhost"


async def in_finally_of_outer():
    try:
        nc = await nats.connect(URL)  # expect: NAQ101@20
        await nc.publish("a", b"b")
    finally:
        await nc.drain()  # expect: NAQ104@15


async def in_handler():
    try:
        nc = await nats.connect(URL)  # expect: NAQ102@20
        await nc.publish("a", b"b")
    except Error:
        await nc.close()  # expect: NAQ104@15


async def only_before():
    nc = await nats.connect(URL)  # expect: NAQ101@16
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def unbound_is_caught():
    try:
        nc = await nats.connect(URL)  # expect: NAQ101@20
        await nc.publish("a", b"b")
    finally:
        with contextlib.suppress(UnboundLocalError):
            await nc.close()


async def handler_leaves():
    try:
        nc = await nats.connect(URL)
    except OSError:
        return
    async with nc:
        await nc.publish("a", b"b")


async def after_drain():
    nc = await nats.connect(URL)  # expect: NAQ102@16
    js = nc.jetstream()
    await js.publish("a", b"b")
    await nc.drain()
    await js.publish("a", b"b")  # expect: NAQ105@11


async def subscription_after_block():
    async with await nats.connect(URL) as nc:
        sub = await nc.subscribe("a")
    await sub.next_msg()  # expect: NAQ105@11


async def bucket_after_block():
    async with await nats.connect(URL) as nc:
        kv = await nc.jetstream().key_value("a")
    await kv.put("a", b"b")  # expect: NAQ105@11


async def iterated_after_block():
    async with await nats.connect(URL) as nc:
        sub = await nc.subscribe("a")
    async for msg in sub.messages:  # expect: NAQ105@22
        print(msg)


async def closed_on_one_path(flag):
    nc = await nats.connect(URL)  # expect: NAQ102@16
    if flag:
        await nc.close()
    await nc.publish("a", b"b")


async def reconnected():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")


async def message_after_block():
    async with await nats.connect(URL) as nc:
        msg = await nc.request("a", b"b")
    return msg.data


async def state_after_close():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")
    return nc.is_closed, nc.stats, nc.last_error


async def loop_closes_then_uses(items):
    nc = await nats.connect(URL)  # expect: NAQ102@16
    for item in items:
        await nc.publish("a", item)
        await nc.close()


class Holder:
    async def on_self(self):
        async with await nats.connect(URL) as nc:
            self.nc = nc  # expect: NAQ106@13

    async def callback(self):
        async with await nats.connect(URL) as nc:
            return lambda: nc.publish("a", b"b")  # expect: NAQ106@13

    async def nested(self):
        async with await nats.connect(URL) as nc:

            async def send(data):
                await nc.publish("a", data)

            return send  # expect: NAQ106@13

    async def tuple_returned(self):
        async with await nats.connect(URL) as nc:
            return nc, nc.jetstream()  # expect: NAQ106@13

    async def subscription_returned(self):
        async with await nats.connect(URL) as nc:
            return await nc.subscribe("a")  # expect: NAQ106@13

    async def awaited_inside(self):
        async with await nats.connect(URL) as nc:

            async def send(data):
                await nc.publish("a", data)

            await send(b"a")

    async def handler_inside(self):
        async with await nats.connect(URL) as nc:

            async def answer(msg):
                await nc.publish("a", msg.data)

            await nc.subscribe("a", cb=answer)
            await self.stopped.wait()

    async def value_returned(self):
        async with await nats.connect(URL) as nc:
            kv = await nc.jetstream().key_value("a")
            return (await kv.get("a")).value


async def closed_inside_twice():
    async with await nats.connect(URL) as nc:
        try:
            await nc.publish("a", b"b")
        finally:
            await nc.close()  # expect: NAQ107@19


async def drained_inside():
    # nats-py's own exit closes without draining, so this drain is not a second release.
    async with await nats.connect(URL) as nc:
        await nc.subscribe("a")
        await nc.drain()


async def early_close_and_return(flag):
    nc = await nats.connect(URL)  # expect: NAQ102@16
    if flag:
        await nc.close()
        return
    await nc.publish("a", b"b")
    await nc.close()


async def twice_in_finally():
    nc = await nats.connect(URL)  # expect: NAQ101@16
    try:
        await nc.publish("a", b"b")
        await nc.close()
    finally:
        # The first close may not have been reached.
        await nc.close()
