"""Asking for a bucket or for JetStream, and throwing the answer away, was a question: the connection is used."""

import nats


async def has_bucket(url, name):
    async with await nats.connect(url) as nc:
        js = nc.jetstream()
        await js.key_value(name)


async def answer_unused(url):
    async with await nats.connect(url) as nc:  # expect: NAQ202@22 connection 'nc' is opened and nothing uses it; remove it
        js = nc.jetstream()
