"""Calls that nats-py does not have."""

import asyncio

import nats

URL = "nats://localhost"


async def invented(name):
    async with await nats.connect(URL, connection_timeout=2) as nc:  # expect: NAQ304@59 'nats.connect' takes no keyword 'connection_timeout'; use 'connect_timeout'
        js = nc.jetstream()
        subscriber = await js.pull_subscribe("a", "b")
        await subscriber.next(timeout=1.0)  # expect: NAQ304@15 a pull-subscription has no method 'next'; use 'fetch(1, timeout)'
        kv = await js.key_value("jobs")
        await kv.entries()  # expect: NAQ304@15 a key-value has no method 'entries'; use 'keys() and get(key)'
        await kv.put("a", "text")  # expect: NAQ304@27 'put' takes bytes for 'value', not str; use b'text'
        await nc.publish("a", f"hello {name}")  # expect: NAQ304@31 'publish' takes bytes for 'payload', not str; use f'hello {name}'.encode()


# Silent: what exists, and what is not known to be a str.
async def real(text):
    async with await nats.connect(URL, connect_timeout=2) as nc:
        await nc.publish("a", text)
        await nc.publish("a", b"b", headers={"a": "b"})
        sub = await nc.subscribe("a")
        await sub.next_msg(timeout=1)
        await sub.unsubscribe()
        await nc._flush_pending()
        await nc.flush(*text, 1, 2)


async def text_by_keyword():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", payload="text")  # expect: NAQ304@39 'publish' takes bytes for 'payload', not str; use b'text'


async def subscribed_within_a_time(nc: nats.NATS):
    sub = await asyncio.wait_for(nc.subscribe("a"), 1)
    await sub.unsubscribe_now()  # expect: NAQ304
