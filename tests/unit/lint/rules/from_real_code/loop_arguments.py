# settings: {"select": ["NAQ203", "NAQ302"]}
"""Arguments that change with each turn of the loop, unpacked ones too."""

import nats
from nats.aio.client import Client as NATS


async def test_each_credential(url):
    for options in ({"user": "a", "password": "b"}, {"token": "c"}):
        async with await nats.connect(url, **options) as nc:
            await nc.publish("hello", b"")


async def test_each_credential_by_class(url, variants):
    for options in variants:
        nc = NATS()
        await nc.connect([url], connect_timeout=5, **options)  # expect: NAQ102@15 connection 'nc' stays open if line +1 raises; use 'async with nc'
        await nc.publish("hello", b"")
        await nc.close()


async def each_cluster(clusters):
    for servers in clusters:
        async with await nats.connect([*servers]) as nc:
            await nc.publish("hello", b"")


async def each_named(url, names):
    for number, name in enumerate(names):
        title = f"client-{number}-{name}"
        async with await nats.connect(url, name=title) as nc:
            await nc.publish("hello", b"")


async def same_each_time(url, bodies):
    for body in bodies:
        async with await nats.connect(url) as nc:  # expect: NAQ203@26 connection 'nc' is opened on every turn of the loop; open it once, around the loop
            await nc.publish("hello", body)
