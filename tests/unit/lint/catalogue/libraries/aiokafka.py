"""Producers and consumers of aiokafka, which start() opens."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


async def never_stopped(value):
    producer = AIOKafkaProducer()
    await producer.start()  # expect: NAQ103@11 producer 'producer' is never closed; use 'async with AIOKafkaProducer() as producer'
    await producer.send_and_wait("topic", value)


async def stays_open_on_an_error(value):
    producer = AIOKafkaProducer()
    await producer.start()  # expect: NAQ102@11 producer 'producer' stays open if line +1 raises; use 'async with AIOKafkaProducer() as producer'
    await producer.send_and_wait("topic", value)
    await producer.stop()


async def by_hand():
    consumer = AIOKafkaConsumer("topic")
    await consumer.start()  # expect: NAQ101@11 consumer 'consumer' is closed by hand; use 'async with AIOKafkaConsumer("topic") as consumer'
    try:
        return await consumer.getone()
    finally:
        await consumer.stop()


async def in_a_block():
    async with AIOKafkaConsumer("topic") as consumer:
        return await consumer.getone()


def not_open_before_start():
    producer = AIOKafkaProducer()
    print(producer)
