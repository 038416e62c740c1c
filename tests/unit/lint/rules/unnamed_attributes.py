"""Attributes that a class closes without their name: by reflection, by a property, by another object's method."""

import socket

import nats
import psycopg
from app import close_all, show


# Silent: the class goes through all of its attributes and closes them.
class ByValues:
    def start(self):
        self.first = psycopg.connect("a")

    def stop(self):
        for value in vars(self).values():
            value.close()


class ByNames:
    __slots__ = ("second",)

    def start(self):
        self.second = psycopg.connect("a")

    def stop(self):
        for name in self.__slots__:
            getattr(self, name).close()


class ByDictionary:
    def start(self):
        self.third = psycopg.connect("a")

    def stop(self):
        for name, value in self.__dict__.items():
            if hasattr(value, "close"):
                value.close()


# Attributes are only shown.
class Shows:
    def start(self):
        self.fourth = psycopg.connect("a")  # expect: NAQ108@23

    def __repr__(self):
        return str(vars(self)) + "".join(str(getattr(self, name)) for name in dir(self))


class ClosesOther:
    def start(self):
        self.fifth = psycopg.connect("a")  # expect: NAQ108@22

    def stop(self, other):
        for value in vars(other).values():
            value.close()


# Silent: whatever is not found in the object is looked for in the connection, `close` too.
class Delegates:
    async def start(self):
        self.sixth = await nats.connect("a")

    def __getattr__(self, name):
        return getattr(self.sixth, name)


class DelegatesElsewhere:
    async def start(self):
        self.seventh = await nats.connect("a")  # expect: NAQ108@30

    def __getattr__(self, name):
        return getattr(self.other, name)


# Silent: a property keeps it under another name.
class Property:
    @property
    def eighth(self):
        return self._eighth

    @eighth.setter
    def eighth(self, value):
        self._eighth = value

    def start(self):
        self.eighth = psycopg.connect("a")

    def stop(self):
        self._eighth.close()


# Silent: a container has it too.
class InContainer:
    def start(self):
        self.all["ninth"] = self.ninth = psycopg.connect("a")

    def stop(self):
        for one in self.all.values():
            one.close()


# Silent: another owner has to close what the socket held.
class GivesUp:
    def start(self):
        self.tenth = socket.create_connection(("h", 1))

    def take(self):
        return self.tenth.detach()


# Silent: a function that is named after a release is given the object.
class ByFunction:
    def start(self):
        self.eleventh = psycopg.connect("a")

    def stop(self):
        close_all(self)


class Passed:
    def start(self):
        self.twelfth = psycopg.connect("a")  # expect: NAQ108@24

    def stop(self):
        show(self)
