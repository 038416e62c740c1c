"""Classes whose methods make connections."""

import abc
import sqlite3
from socket import create_connection

import nats


class Database(abc.ABC):
    path = "orders.db"

    def connect(self):
        connection = sqlite3.connect(self.path)  # expect: NAQ102@22 connection 'connection' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def shared(self):
        if self.connection is None:
            self.connection = sqlite3.connect(self.path)  # expect: NAQ108@31 connection 'self.connection' is closed by no method of class 'Database'; add one that calls 'self.connection.close()', or use a context manager
        return self.connection

    async def client(self):
        return await nats.connect("u")

    def replaced(self):
        return sqlite3.connect(self.path)

    def address(self):
        return create_connection(("orders", 80))

    def client_of(self, order):
        return sqlite3.connect(order)


class Plain(Database):
    """Inherits all."""


class Made(Plain):
    kinds = {}

    @classmethod
    def new(cls):
        made = cls()
        return made

    @classmethod
    def either(cls, new=False):
        if new:
            return cls.new()
        return Made()

    @classmethod
    def shared_one(cls):
        return cls.one

    @classmethod
    def of_a_kind(cls, kind):
        cls = cls.kinds[kind]
        return cls()

    @classmethod
    def sometimes(cls, new=False):
        if new:
            return cls()
        return cls.one

    def of_an_object(cls):
        return cls()


class Pooled(Database):
    def replaced(self):
        return self.shared()


def database(path):
    return Plain()
