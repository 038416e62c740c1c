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


async def test_by_assignment(fake):
    import app.clients

    app.clients.connect = fake
    connection = await app.clients.connect("nats://localhost")
    await connection.flush()


async def test_by_a_name_of_the_module(fake):
    nats.connect = fake
    connection = await nats.connect("nats://localhost")
    await connection.flush()


async def test_by_monkeypatch(monkeypatch, fake):
    monkeypatch.setattr("nats.connect", fake)
    connection = await nats.connect("nats://localhost")
    await connection.flush()


async def test_by_monkeypatch_of_an_object(monkeypatch, fake):
    monkeypatch.setattr(nats, "connect", fake)
    connection = await nats.connect("nats://localhost")
    await connection.flush()


def test_of_another_module(path, fake):
    nats.connect = fake
    connection = sqlite3.connect(path)  # expect: NAQ103@18 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect(path)) as connection' (import contextlib)
    connection.execute("select 1")


def test_replaced_too_late(path, fake):
    connection = sqlite3.connect(path)  # expect: NAQ103@18 connection 'connection' is never closed; use 'with contextlib.closing(sqlite3.connect(path)) as connection' (import contextlib)
    sqlite3.connect = fake
    connection.execute("select 1")


def test_only_the_first(path):
    with patch("sqlite3.connect"):
        first = sqlite3.connect(path)
    second = sqlite3.connect(path)  # expect: NAQ103@14
    second.execute("select 1")
    first.execute("select 1")
