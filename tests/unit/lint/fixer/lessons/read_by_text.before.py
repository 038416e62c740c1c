"""Code that reads names by their text: they stay what they are."""

import nats
from naq.connection import close_nats_connection, get_nats_connection

SERVERS = "nats://localhost:4222"


async def shown_with_its_name():
    nc = await get_nats_connection(SERVERS)
    try:
        print(f"{nc=} {nc.stats = !s}")
    finally:
        await close_nats_connection(nc)


async def shown_without():
    nc = await get_nats_connection(SERVERS)
    try:
        print(f"nc: {nc}")
    finally:
        await close_nats_connection(nc)


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
    nc = await nats.connect(url)
    try:
        print(vars(job), dir(job))
    finally:
        await nc.close()
