"""Calls that nats-py does not have: in nested functions, by too many arguments, by keys of a dictionary."""
import nats
from nats.aio.client import Client


async def answer(url, subject):
    async with await nats.connect(url) as nc:
        js = nc.jetstream()

        async def on_error(error):
            await nc.unsubscribe(error.sid)  # expect: NAQ304@19 a client has no method 'unsubscribe'; use 'Subscription.unsubscribe()'

        async def on_message(msg):
            await nc.publish(msg.reply, "pong")  # expect: NAQ304@41 'publish' takes bytes for 'payload', not str; use b'pong'
            kv = await js.key_value("jobs")
            await kv.entries()  # expect: NAQ304@19 a key-value has no method 'entries'; use 'keys() and get(key)'
            await nc.publish(msg.reply, b"pong")

        await nc.subscribe("a", cb=on_message)
        await nc.subscribe("b", cb=lambda msg: nc.request_one("c"))  # expect: NAQ304@48 a client has no method 'request_one'; use 'request'
        await nc.flush()


# Silent: the name is another one in the nested function, or may be.
async def hidden(url, pool):
    async with await nats.connect(url) as nc:

        async def first(nc):
            await nc.unsubscribe(1)

        async def second():
            for nc in pool:
                await nc.unsubscribe(1)

        async def third():
            return [nc.unsubscribe(1) for nc in pool]

        await nc.subscribe("a", cb=first)
        await nc.subscribe("b", cb=second)
        await nc.subscribe("c", cb=lambda nc: nc.unsubscribe(1))
        await nc.subscribe("d", cb=third)


# Silent: two values, or a coroutine.
async def several(url, make):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +7 raises; use 'async with await nats.connect(url) as nc'
    pending = nats.connect(url)

    async def work():
        await nc.unsubscribe(1)
        pending.cancel_it()

    await work()
    await nc.close()
    nc = make()
    await pending


async def too_many(url, cb):
    async with await nats.connect(url) as nc:
        sid = await nc.subscribe("a", cb=cb)
        await nc.drain(sid)  # expect: NAQ304@24 'drain' takes no arguments, and is given 1
        await nc.publish("a", b"b", "c", None, 5)  # expect: NAQ304@48 'publish' takes 4 arguments at most, and is given 5
        await nc.publish(*url)
    async with await nats.connect(url, "me") as nc:  # expect: NAQ304@40 'nats.connect' takes 1 argument at most, and is given 2
        await nc.flush()


async def options(url, more):
    given = {"connection_timeout": 2, "name": "me"}  # expect: NAQ304@14 'nats.connect' takes no keyword 'connection_timeout'; use 'connect_timeout'
    given["io_timeout"] = 3  # expect: NAQ304@11 'nats.connect' takes no keyword 'io_timeout'; use 'drain_timeout'
    async with await nats.connect(url, **given) as nc:
        await nc.flush()
    async with await nats.connect(url, **{"max_reconnects": 1}) as nc:  # expect: NAQ304@43 'nats.connect' takes no keyword 'max_reconnects'; use 'max_reconnect_attempts'
        await nc.flush()
    client = Client()
    kept = dict(connection_timeout=2)  # expect: NAQ304@36 'connect' takes no keyword 'connection_timeout'; use 'connect_timeout'
    await client.connect(url, **kept, **more)  # expect: NAQ101@11 connection 'client' is closed by hand; use 'async with client'
    await client.close()


# Silent: the dictionary goes elsewhere, too, which may take the key away.
async def shared_options(url, adapt):
    given = {"connection_timeout": 2}
    adapt(given)
    async with await nats.connect(url, **given) as nc:
        await nc.flush()
