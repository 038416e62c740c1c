"""What nats-py itself makes of a connection does not own it."""

import nats
from nats.aio.msg import Msg
from nats.client import connect
from nats.jetstream import new as new_jetstream
from nats.js import JetStreamContext
from nats.micro import ServiceConfig, add_service


async def service(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    svc = await add_service(nc, ServiceConfig(name="a", version="1.0.0"))
    print(svc.info())


async def message(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    msg = Msg(nc)
    print(msg.metadata)


async def context(url):
    nc = await nats.connect(url)  # expect: NAQ103@16 connection 'nc' is never closed; use 'async with await nats.connect(url) as nc'
    js = JetStreamContext(nc)
    await js.publish("a", b"")


async def new_context(url):
    client = await connect(url)  # expect: NAQ102@20 connection 'client' stays open if line +2 raises; use 'async with await connect(url) as client'
    js = new_jetstream(client)
    await js.publish("a", b"")
    await client.close()
