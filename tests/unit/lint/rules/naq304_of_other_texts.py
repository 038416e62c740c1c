"""A module of text that another takes the place of. Silent: `orjson.dumps` returns bytes."""

import nats

try:
    import orjson as json
except ImportError:
    import json


async def send(url, data):
    async with await nats.connect(url) as nc:
        await nc.publish("a", json.dumps(data))
