"""Text where nats-py takes bytes: what surely is a `str`, and what may be bytes."""

import json
from json import dumps

import nats
import orjson

URL = "nats://localhost"
PREFIX = "shop."


async def made_in_the_call(data, number):
    async with await nats.connect(URL) as nc:
        await nc.publish("a", json.dumps(data))  # expect: NAQ304@31 'publish' takes bytes for 'payload', not str; use json.dumps(...).encode()
        await nc.publish("a", dumps(data))  # expect: NAQ304@31 'publish' takes bytes for 'payload', not str; use dumps(...).encode()
        await nc.request("a", payload=str(number))  # expect: NAQ304
        await nc.publish("a", "{} of {}".format(data, number))  # expect: NAQ304
        await nc.publish("a", ",".join(data))  # expect: NAQ304
        await nc.publish("a", "%s" % number)  # expect: NAQ304@31 'publish' takes bytes for 'payload', not str; use ('%s' % number).encode()
        await nc.publish("a", PREFIX + data)  # expect: NAQ304@31 'publish' takes bytes for 'payload', not str; use (PREFIX + data).encode()


async def made_before(data, wanted):
    text = json.dumps(data)
    again = text
    async with await nats.connect(URL) as nc:
        await nc.publish("a", text)  # expect: NAQ304@31 'publish' takes bytes for 'payload', not str; use text.encode()
        await nc.publish("a", again)  # expect: NAQ304


# Silent: it is bytes, or may be.
async def bytes_of_text(data, given: str, wanted):
    text = json.dumps(data).encode()
    either = json.dumps(data)
    if wanted:
        either = b""
    first, *rest = json.dumps(data), b""
    async with await nats.connect(URL) as nc:
        await nc.publish("a", text)
        await nc.publish("a", either)
        await nc.publish("a", first)
        await nc.publish("a", given)
        await nc.publish("a", orjson.dumps(data))
        await nc.publish("a", b"%s" % data)
        await nc.publish("a", given + "a")
        await nc.publish("a", b",".join(data))
        await nc.publish("a", ",".encode("utf-8"))


async def entered(data, opened):
    with opened(json.dumps(data)) as text, json.dumps(data) as given:
        async with await nats.connect(URL) as nc:
            await nc.publish("a", text)
            await nc.publish("a", given)


async def of_another_function(data):
    str = data.packed
    async with await nats.connect(URL) as nc:
        await nc.publish("a", str(data))


async def refers_to_itself(data):
    async with await nats.connect(URL) as nc:
        while True:
            value = value + "a"
            await nc.publish("a", value)


# Silent: a function gives the name of the module another value.
SHARED = "text"


def encode_shared():
    global SHARED
    SHARED = b"text"


async def of_a_shared_name():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", SHARED)
