"""Code that reads names by their text: they stay what they are."""

import nats
from naq.config import Config
from naq.connection import nats_connection

SERVERS = "nats://localhost:4222"


async def shown_with_its_name():
    async with nats_connection(Config.for_servers(SERVERS)) as nc:
        print(f"{nc=} {nc.stats = !s}")


async def shown_without():
    async with nats_connection(Config.for_servers(SERVERS)) as conn:
        print(f"nc: {conn}")


async def by_locals(url):
    nc = await nats.connect(url)  # left: line N may read variables by name
    try:
        print(locals())
    finally:
        await nc.close()


async def evaluated(url):
    nc = await nats.connect(url)  # left: line N may read variables by name
    try:
        eval("print(nc)")
    finally:
        await nc.close()


async def of_an_object(url, job):
    async with await nats.connect(url):
        print(vars(job), dir(job))
