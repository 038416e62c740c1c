"""What others import: engines by a function, by a variable, by a property, and names of libraries."""

import functools

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

engine = create_engine("sqlite://")
either = create_engine("sqlite://")
either = open("x")
_cached = None
first = engine
second = first
third = second
_lock, paired = None, None
_other, unpacked = find("engines")


def get_engine():
    return create_engine("sqlite://")


async def get_later():
    return create_engine("sqlite://")


@functools.lru_cache(maxsize=1)
def get_once():
    made = create_engine("sqlite://")
    return made


def get_annotated() -> Engine:
    return find("engine")


def get_lazily():
    global _cached
    if _cached is None:
        _cached = create_engine("sqlite://")
    return _cached


def get_paired():
    global paired
    if paired is None:
        paired = create_engine("sqlite://")
    return paired


def get_unpacked():
    global unpacked
    if unpacked is None:
        unpacked = create_engine("sqlite://")
    return unpacked


def get_some(name):
    if name == "bus":
        return Bus()
    return create_engine("sqlite://")


def use_it():
    connection = get_lazily().connect()  # expect: NAQ103@18 connection 'connection' is never closed; use 'with get_lazily().connect() as connection'
    connection.execute(text("select 1"))


def use_the_parameter(engine):
    connection = engine.connect()
    connection.execute(text("select 1"))


def use_what_is_given(made=None):
    if made is None:
        made = get_engine()
    connection = made.connect()
    connection.execute(text("select 1"))


class Store:
    def __init__(self):
        self._engine = get_engine()
        self.other = find("engine")
        self.mixed = get_engine()

    @property
    def engine(self):
        return self._engine

    def mix(self, engine):
        self.mixed = engine

    def use_the_attribute(self):
        connection = self._engine.connect()  # expect: NAQ103@22 connection 'connection' is never closed; use 'with self._engine.connect() as connection'
        connection.execute(text("select 1"))

    def use_the_property(self):
        connection = self.engine.connect()  # expect: NAQ103@22 connection 'connection' is never closed; use 'with self.engine.connect() as connection'
        connection.execute(text("select 1"))

    def use_what_is_not_known(self):
        self.other.connect().execute(text("select 1"))
        self.mixed.connect().execute(text("select 1"))

    def use_the_attribute_of_another(self, other):
        other._engine.connect().execute(text("select 1"))

    def use_an_item(self):
        self[0].connect().execute(text("select 1"))
