"""What a test replaces with a mock opens nothing."""

import sqlite3
from unittest import mock
from unittest.mock import patch

import nats
import pika


def test_of_a_part():
    with mock.patch.object(pika.BlockingConnection, "_create_connection"):
        connection = pika.BlockingConnection(None)
    connection.process_data_events()


@patch("nats.connect")
async def test_by_decorator(connect):
    connection = await nats.connect("nats://localhost")
    await connection.flush()
    assert connect.called


async def test_by_block(work):
    with patch("nats.connect") as connect:
        connection = await nats.connect("nats://localhost")
        await work(connection.jetstream())
    assert connect.called


def test_of_other_things(path):
    with patch("app.clock.now"):
        connection = sqlite3.connect(path)  # expect: NAQ103@22
        connection.execute("select 1")


def test_behind_the_block(path):
    with patch("sqlite3.connect"):
        pass
    connection = sqlite3.connect(path)  # expect: NAQ103@18
    connection.execute("select 1")
