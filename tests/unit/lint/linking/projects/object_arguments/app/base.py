"""Gives on the methods of a base of another module."""

from app.lower import Lower


class Base(Lower):
    taken = None

    def both(self, connection):
        self.read(connection)
