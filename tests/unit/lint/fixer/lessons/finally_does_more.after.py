"""What the finally does before it releases goes on coming before the close."""

import asyncio
import contextlib
import logging
import sqlite3

import nats
import requests
from aiokafka import AIOKafkaProducer
from nats.aio.client import Client as NATS

log = logging.getLogger(__name__)


async def a_finally_that_uses_the_connection_once_more(url):
    async with await nats.connect(url) as nc:
        try:
            js = nc.jetstream()

            await js.publish("a", b"b")
        finally:
            await js.delete_stream("s")


async def a_word_after_the_close(url):
    nc = await nats.connect(url)
    try:
        await nc.flush()
    finally:
        await nc.close()
        print("done")


async def a_word_about_the_close(url):
    nc = await nats.connect(url)
    try:
        await nc.flush()
    finally:
        await nc.close()
        print("NATS connection closed")


async def connect_to_nats():
    nc = await nats.connect()
    return nc, nc.jetstream()


async def a_word_about_the_close_of_what_is_set_up_first(make, bot):
    nc, js = await connect_to_nats()
    try:
        await make(js)

        # Run
        try:
            await bot.run(nc)

        except Exception as error:
            log.exception(error)
    finally:
        # Close the connection
        await nc.close()

        # Say so
        log.info("NATS connection closed")
    return 1


def a_word_behind_a_close_that_cannot_fail(url):
    session = requests.Session()
    try:
        with session:
            session.get(url)
    finally:
        log.info("closed")


async def a_word_behind_a_writer(host, start):
    reader, writer = await asyncio.open_connection(host)
    try:
        await start(reader)
        await start(writer)
    finally:
        writer.close()
        await writer.wait_closed()
        log.info("closed")


async def a_word_with_a_name_that_only_the_body_binds(url):
    nc = await nats.connect(url)
    try:
        await nc.flush()
        count = await nc.rtt()
    finally:
        await nc.close()
        print("closed", count)


async def a_word_between_two_closes(url):
    nc = await nats.connect(url)  # left: line N says that it is closed, and would come before that
    async with await nats.connect(url):
        try:
            await nc.flush()
        finally:
            await nc.close()
            print("closed")


def a_word_before_a_close_in_any_order(path, other, run):
    db = sqlite3.connect(path)  # left: line N says that it is closed, and would come before that
    with contextlib.closing(sqlite3.connect(other)) as second:
        try:
            run(db, second)
        finally:
            db.close()
            print("closed")


async def a_word_behind_what_opens_where_it_is_entered(run):
    producer = AIOKafkaProducer()
    await producer.start()
    try:
        await run(producer)
        await producer.flush()
    finally:
        await producer.stop()
        print("stopped")


async def a_word_behind_one_of_two_closes(url, check):
    nc = await nats.connect(url)  # left: line N says that it is closed, and would come before that
    try:
        if not await check(nc):
            await nc.close()
            return
        await nc.flush()
    finally:
        await nc.close()
        print("closed")


async def what_waits_after_the_close_may_wait_for_it(url, task):
    nc = await nats.connect(url)  # left: line N comes after the release on line N
    try:
        await nc.flush()
    finally:
        await nc.close()
        await task


async def an_error_that_the_handler_makes_after_the_close(url):
    async with await nats.connect(url) as nc:
        try:
            await nc.flush()
        except Exception as error:
            raise RuntimeError("down") from error


async def a_blank_line_before_the_release_at_the_end(url):
    try:
        nc = NATS()
        await nc.connect(url)  # unsafe: line N of the finally would come after the close
        async with nc:
            await nc.flush()
    finally:
        print("end")
