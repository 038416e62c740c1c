"""Connections of aio-pika."""

import aio_pika


async def never_closed(url):
    connection = await aio_pika.connect_robust(url)  # expect: NAQ103@24 connection 'connection' is never closed; use 'async with await aio_pika.connect_robust(url) as connection'
    channel = await connection.channel()
    await channel.declare_queue("jobs")


async def stays_open_on_an_error(url, body):
    connection = await aio_pika.connect_robust(url)  # expect: NAQ102@24 connection 'connection' stays open if line +1 raises; use 'async with await aio_pika.connect_robust(url) as connection'
    channel = await connection.channel()
    await channel.default_exchange.publish(aio_pika.Message(body), routing_key="jobs")
    await connection.close()


async def in_a_block(url):
    connection = await aio_pika.connect_robust(url)
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue("jobs")


async def not_awaited(url):
    async with aio_pika.connect_robust(url) as connection:  # expect: NAQ109@16 'aio_pika.connect_robust(...)' is a coroutine and cannot be entered; use 'async with await aio_pika.connect_robust(...)'
        await connection.channel()


async def view_outlives_its_connection(url):
    async with await aio_pika.connect_robust(url) as connection:
        channel = await connection.channel()
    await channel.declare_queue("jobs")  # expect: NAQ105@11 connection 'connection' is used by 'channel.declare_queue' after its 'async with' block has ended; move the use before the end


async def channel_is_not_awaited(url):
    async with await aio_pika.connect_robust(url) as connection:
        connection.channel()  # expect: NAQ109@9 'connection.channel()' is not awaited, so it never runs; use 'await connection.channel()'
