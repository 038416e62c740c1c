"""A class whose objects have an engine, and objects of it."""

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine


class Database:
    def __init__(self):
        self.engine = create_engine("sqlite://")
        self.other = open


class Engines:
    _made: Engine | None = None

    @classmethod
    def get(cls) -> Engine:
        return cls._made

    @staticmethod
    def opened() -> Engine:
        return create_engine("sqlite://")

    @classmethod
    def other(cls):
        return open


shared = Database()
found = find("database")
