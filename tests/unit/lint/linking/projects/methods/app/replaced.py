"""Tests that replace what a method of another module reaches; nothing real is opened then."""

from unittest.mock import patch

import app.base
from app.base import Plain
from app.space.deep.db import Deep
from app.uses import Orders


def test_replaces_nothing(monkeypatch):
    monkeypatch.setattr("app.other.sqlite3", fake)
    connection = Plain().connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(Plain().connect()) as connection' (import contextlib)
    assert connection.execute("SELECT 1")


def test_the_library_in_the_module(monkeypatch):
    monkeypatch.setattr("app.base.sqlite3", fake)
    connection = Plain().connect()
    assert connection.execute("SELECT 1")


def test_by_the_module(monkeypatch):
    monkeypatch.setattr(app.base, "sqlite3", fake)
    connection = Orders().connect()
    assert connection.execute("SELECT 1")


def test_the_method_of_an_object(monkeypatch):
    orders = Orders()
    monkeypatch.setattr(orders, "connect", fake)
    connection = orders.connect()
    assert connection.execute("SELECT 1")


def test_another_method_of_an_object(monkeypatch):
    orders = Orders()
    monkeypatch.setattr(orders, "add", fake)
    connection = orders.connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(orders.connect()) as connection' (import contextlib)
    assert connection.execute("SELECT 1")


@patch("app.base.sqlite3")
def test_patched():
    connection = Plain().connect()
    assert connection.execute("SELECT 1")


def test_patched_in_a_block():
    with patch("app.base.sqlite3.connect"):
        connection = Plain().connect()
        assert connection.execute("SELECT 1")


@patch("app.base.socket")
@patch("app.base.sqlite3_version")
def test_patched_otherwise():
    connection = Plain().connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (app/base.py:14) is never closed; use 'with contextlib.closing(Plain().connect()) as connection' (import contextlib)
    assert connection.execute("SELECT 1")


@patch("app.base.create_connection")
def test_patched_by_the_last_name():
    connection = Plain().address()
    assert connection.send(b"1")


def test_of_a_module_with_a_shorter_path(monkeypatch):
    monkeypatch.setattr("app.space.deep.db.database", fake)
    connection = Deep().connect()
    assert connection.execute("SELECT 1")


def test_of_another_module(monkeypatch):
    monkeypatch.setattr("app.space.db.database", fake)
    connection = Deep().connect()  # expect: NAQ103@18 connection 'connection' from 'connect' (deep/db.py:8) is never closed; use 'with contextlib.closing(Deep().connect()) as connection' (import contextlib)
    assert connection.execute("SELECT 1")
