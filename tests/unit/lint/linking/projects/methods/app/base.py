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


class Pooled(Database):
    def replaced(self):
        return self.shared()


def database(path):
    return Plain()
