"""The configuration of a stream is a data class, and a text answers: the line behind them is the likeliest."""

import threading
from datetime import timedelta

import nats
from nats.js import api
from nats.js.api import StreamConfig


async def configured(url):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +4 raises; use 'async with await nats.connect(url) as nc'
    config = StreamConfig(name="jobs", subjects=["jobs.>"])
    consumer = api.ConsumerConfig(durable_name="worker", ack_wait=timedelta(minutes=1).seconds)
    js = nc.jetstream()
    await js.add_stream(config)
    await js.add_consumer("jobs", consumer)
    await nc.close()


async def asked_of_texts(url, subject):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +3 raises; use 'async with await nats.connect(url) as nc'
    if subject.strip().startswith("jobs."):
        subject = subject.lower()
    await nc.publish(subject, b"1")
    await nc.close()


async def loaded(url, load):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'
    data = load("job")
    await nc.publish("jobs", data)
    await nc.close()


async def with_a_thread_that_is_made(url, work):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +3 raises; use 'async with await nats.connect(url) as nc'
    thread = threading.Thread(target=work)
    stopped = threading.Event()
    thread.start()
    await nc.close()
    stopped.set()
